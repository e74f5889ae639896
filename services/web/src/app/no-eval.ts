/** zod tries whether it may compile code; under our Content-Security-Policy it may not, and each try would be reported. First import of the page. */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } })

export {}
