package redistest

// Goroutines of the client of Redis that outlive its Close for a while, by the
// functions that are to be ignored where leaks are looked for. Nothing of ours can wait
// for them.
const (
	// LingeringNodes lets go of nodes that a Cluster has no more, five seconds later.
	LingeringNodes = "github.com/redis/rueidis.(*clusterClient)._refresh.func2"
	// LingeringRefresh asks for the nodes anew up to a second after a connection failed.
	// A client whose address may be a Cluster's has it too.
	LingeringRefresh = "github.com/redis/rueidis.(*call).DelayDo.func1"
)
