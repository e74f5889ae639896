import { Router } from 'express'

export function createDocs(): Router {
  return Router()
}
