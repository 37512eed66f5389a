package rueidisstore

import "context"

// DropLateLink drops the link to a single server when the store's goroutines have
// ended, as a call does that fails while the store is being closed.
func (s *Store) DropLateLink(ctx context.Context) error {
	n, err := s.join(ctx)
	if err != nil {
		return err
	}
	at, l, err := n.single.get(ctx)
	if err != nil {
		return err
	}
	s.crew.close()
	n.single.drop(at, l)
	return nil
}
