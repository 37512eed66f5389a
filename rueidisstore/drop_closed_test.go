package rueidisstore

import (
	"context"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
)

// A link that is given up while the store closes is ended all the same: nobody else
// knows of it any more.
func TestLinkThatIsDroppedWhileClosing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, err := New(Config{URL: server.URL(), ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.join(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	at, l, err := n.single.get(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.crew.close() // as Close begins
	n.single.drop(at, l)
	if err := l.wire.Do(context.Background(), n.client.B().Ping().Build()).Error(); err == nil {
		t.Error("the connection is open, and in no lane")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
