import type { Shape } from './shape.ts'

/** Made from the schemas by `down-shapes.test.ts`. */
// prettier-ignore
export const DOWN_SHAPES = {
 "event": {
  "type": "object",
  "properties": {
   "id": {
    "type": "string",
    "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
   },
   "type": {
    "type": "string"
   },
   "channel": {
    "type": "string",
    "maxLength": 200
   },
   "epoch": {
    "type": "string",
    "pattern": "^[0-9a-f]{16}$"
   },
   "seq": {
    "type": "integer",
    "minimum": 1,
    "maximum": 9007199254740991
   },
   "at": {
    "type": "string",
    "pattern": "^(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))T(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?(?:Z))$"
   },
   "locationId": {
    "type": "string",
    "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
   },
   "actorId": {
    "type": "string",
    "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
   },
   "subject": {
    "type": "object",
    "properties": {
     "type": {
      "type": "string",
      "maxLength": 40
     },
     "id": {
      "type": "string",
      "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
     },
     "version": {
      "type": "integer",
      "minimum": 1,
      "maximum": 9007199254740991
     }
    },
    "required": [
     "type",
     "id",
     "version"
    ]
   },
   "data": {
    "type": "object",
    "properties": {}
   },
   "previous": {},
   "mutationId": {
    "type": "string",
    "maxLength": 200
   },
   "spreadMs": {
    "type": "integer",
    "minimum": 0,
    "maximum": 600000
   },
   "traceparent": {
    "type": "string",
    "maxLength": 100
   }
  },
  "required": [
   "id",
   "type",
   "channel",
   "epoch",
   "seq",
   "at",
   "actorId",
   "subject",
   "data"
  ]
 },
 "heads": {
  "type": "object",
  "properties": {
   "channels": {
    "type": "array",
    "items": {
     "type": "object",
     "properties": {
      "channel": {
       "type": "string",
       "maxLength": 200
      },
      "epoch": {
       "type": "string",
       "pattern": "^[0-9a-f]{16}$"
      },
      "seq": {
       "type": "integer",
       "minimum": 0,
       "maximum": 9007199254740991
      }
     },
     "required": [
      "channel",
      "epoch",
      "seq"
     ]
    }
   }
  },
  "required": [
   "channels"
  ]
 },
 "resync": {
  "type": "object",
  "properties": {
   "channel": {
    "type": "string",
    "maxLength": 200
   },
   "epoch": {
    "type": "string",
    "pattern": "^[0-9a-f]{16}$"
   },
   "seq": {
    "type": "integer",
    "minimum": 0,
    "maximum": 9007199254740991
   }
  },
  "required": [
   "channel",
   "epoch",
   "seq"
  ]
 },
 "feed": {
  "type": "object",
  "properties": {
   "isLate": {
    "type": "boolean"
   }
  },
  "required": [
   "isLate"
  ]
 },
 "auth:expiring": {
  "type": "object",
  "properties": {
   "expiresInMs": {
    "type": "number"
   }
  },
  "required": [
   "expiresInMs"
  ]
 },
 "access:changed": {
  "type": "object",
  "properties": {
   "added": {
    "type": "array",
    "items": {
     "type": "string",
     "maxLength": 200
    }
   },
   "removed": {
    "type": "array",
    "items": {
     "type": "string",
     "maxLength": 200
    }
   }
  },
  "required": [
   "added",
   "removed"
  ]
 },
 "server:draining": {
  "type": "object",
  "properties": {
   "reconnectInMs": {
    "type": "number",
    "minimum": 0
   },
   "node": {
    "type": "string",
    "maxLength": 63
   }
  },
  "required": [
   "reconnectInMs"
  ]
 },
 "closing": {
  "type": "object",
  "properties": {
   "code": {
    "type": "string",
    "maxLength": 60
   }
  },
  "required": [
   "code"
  ]
 },
 "subscribeAck": {
  "anyOf": [
   {
    "type": "object",
    "properties": {
     "ok": {
      "type": "boolean",
      "const": true
     },
     "node": {
      "type": "string",
      "maxLength": 200
     },
     "channels": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "channel": {
         "type": "string",
         "maxLength": 200
        },
        "epoch": {
         "type": "string",
         "pattern": "^[0-9a-f]{16}$"
        },
        "seq": {
         "type": "integer",
         "minimum": 0,
         "maximum": 9007199254740991
        },
        "status": {
         "type": "string",
         "enum": [
          "live",
          "recovered",
          "resync"
         ]
        },
        "events": {
         "type": "array",
         "items": {}
        }
       },
       "required": [
        "channel",
        "epoch",
        "seq",
        "status",
        "events"
       ]
      }
     },
     "denied": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "topic": {
         "type": "string",
         "maxLength": 40
        },
        "location": {
         "type": "string",
         "maxLength": 40
        },
        "code": {
         "type": "string",
         "maxLength": 60
        }
       },
       "required": [
        "topic",
        "code"
       ]
      }
     }
    },
    "required": [
     "ok",
     "node",
     "channels",
     "denied"
    ]
   },
   {
    "type": "object",
    "properties": {
     "ok": {
      "type": "boolean",
      "const": false
     },
     "code": {
      "type": "string",
      "maxLength": 60
     },
     "message": {
      "type": "string",
      "maxLength": 200
     }
    },
    "required": [
     "ok",
     "code",
     "message"
    ]
   }
  ]
 }
} as const satisfies Record<string, Shape>
