package memory

// Stats is what a [Store] holds.
type Stats struct {
	// Entries are the entries in the store, about, and Bytes the memory that
	// they take as [Config.MaxBytes] counts it. Entries that an invalidation made
	// invalid count until their place is needed.
	Entries int
	Bytes   uint64
	// Evictions are the entries that were removed so far to make room.
	Evictions uint64
}

// Stats returns what the store holds now. After Close that is nothing.
func (s *Store) Stats() (n Stats) {
	if !s.closed.Load() {
		s.entries.CleanUp() // what was stored last is not weighed yet
		n.Entries, n.Bytes = s.entries.EstimatedSize(), s.entries.WeightedSize()
	}
	n.Evictions = s.evictions.Load()
	return n
}
