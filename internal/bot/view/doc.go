// Package view has what messages are made of. A message is a value before it is bytes:
// the packages below turn values into a [Message], and package telegram sends it. All of
// it is pure, without context, clock or I/O, so that every message can be a golden file
// and a reviewer reads the product in a diff.
//
// # The packages below
//
//   - statement: what is about an account, such as holdings, orders and files. It knows
//     privacy mode.
//   - marketdata: what is about the market, such as quotes, charts and the search.
//   - dialog: all other messages, such as those about logins, help and settings.
//   - viewtest: golden files, and a check against what Telegram refuses.
//
// None of the first three imports another. What two of them need is here.
//
// # How a message is built
//
// [Text] makes a short message with a row of buttons ([Press]). Longer ones are built with
// a [Sheet], paragraph by paragraph and table by table, from which they come out as text
// or as native tables. A long list has pages ([PageOf]), and the words that narrow a list
// go along in its buttons ([Message.Carry]).
//
// Text from outside goes through [Safe], or [Clean] and [Escape]; what a fixed-width line
// has room for is measured in cells ([Width], [Fit]). Amounts in rupees ([Rupees],
// [Short]), percentages ([Percent]) and prices in the unit of their instrument
// ([FormatOf]) are rounded here, half away from zero, and nowhere else. A figure that is
// not known is a dash ([Absent]). Times are Indian ([AsOf], [ClockTime]).
package view
