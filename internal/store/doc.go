// Package store keeps what must survive a restart in one bbolt file: the
// records of people's logins, their preferences, whom the operators let in or
// blocked, and the journal of updates.
//
// It is the only importer of bbolt and implements [session.Store],
// [account.PrefStore], [access.Store], [bot.Memory] and [bot.Journal].
//
// # A tour
//
// schema.go lists the buckets, what is in them, and the migrations. seal.go
// encrypts each value for its place in the file and finds the keys. file.go opens
// a file, examines it before anything in it is written, and sets a damaged one
// aside. open.go makes a [Store] of a file; replace.go puts another one in its
// place: the same under a new key, or a backup.
//
// store.go is the store in use. Every read goes through view and every write
// through commit, one at a time. A fault of the disk in the middle of either ends
// writing until the next start, where the file is examined.
//
// records.go keeps logins, and with them two indexes in the same commit: who owns
// a Kite user, and who has something pending. recordjson.go is a record on disk.
// people.go keeps preferences and what operators decided, and forgets people.
// journal.go keeps updates from their arrival to their answer; memory.go is what
// is known of them in memory. That an update was answered is a mark, which waits a
// moment for another commit to join.
//
// # What the file shows
//
// Everything in it about people is sealed. Without the key the file shows:
// Telegram ids (of the bots, and of the people in each list), the numbers of
// updates and which of them wait, who has something pending and from when, how
// many Kite users are bound, and how long each sealed value is. What was replaced
// or removed stays in the file, sealed, until bbolt needs its page.
package store
