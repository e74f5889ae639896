-- Since when the oldest unpublished event waits, which every pod asks four times a second. The index by channel would have to be gone through
-- whole, with all entries of published rows that nobody could clear away yet.
CREATE INDEX events_pending_since ON events (at) WHERE published_at IS NULL;
