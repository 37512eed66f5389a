package dialect

// Failure says what the error of a statement tells of that statement.
type Failure uint8

const (
	// FailureUnknown is no answer of the database, but an error of the network, of a
	// context or of the driver. Where the statement was sent it may have been carried
	// out.
	FailureUnknown Failure = iota
	// FailureServer is an answer that says that the server is in trouble: it lost the
	// connection, shuts down or broke. Where the statement was sent it may have been
	// carried out. Any other statement would have met the same.
	FailureServer
	// FailureMoment is a refusal for a reason of the moment: a deadlock, a time limit,
	// a cancellation, no room. The statement was not carried out. Any other statement
	// would have met the same.
	FailureMoment
	// FailureSyntax is a refusal of a text that the database cannot read as a statement,
	// and will not the next time. Nothing of it was carried out, not even the commit that
	// some statements begin with, see [Statement.Commits].
	FailureSyntax
	// FailureRefused is a refusal of the statement's text, which will be refused the
	// next time too: a name in it, a privilege that it needs. It was not carried out.
	FailureRefused
	// FailureText is a refusal whose words are about the text or a value in it, such
	// as a place in the text. The statement was not carried out.
	FailureText
	// FailureStatement is any other refusal of the statement, by a constraint for
	// example. It was not carried out, but for what OR FAIL and the like leave behind.
	FailureStatement
	// FailureUnprepared is a refusal to prepare a statement that can be run all the same,
	// where it is sent as a text.
	FailureUnprepared
)
