import { buildWeb } from '@derm/local-stack'
import { bundle } from './bundle.ts'
import { IMAGE_NAMES } from './images.ts'

/** `npm run bundle`: makes what the images have at `/app`, in `infra/docker/dist`. The web client shows no demo accounts unless `VITE_DEMO=true`. */
process.env['VITE_DEMO'] ??= 'false'
await buildWeb()
for (const name of IMAGE_NAMES) {
  const { folder, packages } = await bundle(name)
  console.log(`${name.padEnd(10)} ${packages.length} packages → ${folder}`)
}
