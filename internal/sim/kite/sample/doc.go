// Package sample holds made-up accounts and the market that they trade in, in the shapes in which Kite answers. The
// simulated Kite serves them; tests and the demo compare with them what the bot shows.
//
// [Accounts] and [AccountsAt] are four people with portfolios chosen to be awkward. [Generate] makes more, each of
// whose figures shows whose it is. [NewMarket] lists what can be searched, quoted and charted. Prices stand still,
// candles are random walks that are the same at every call.
package sample
