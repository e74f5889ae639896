/**
 * What a client can have cached, and events can change. The catalogue says which resources each event touches;
 * an application maps each resource to its query keys.
 */
export const RESOURCES = ['appointments', 'waitlist', 'patients'] as const
export type Resource = (typeof RESOURCES)[number]
