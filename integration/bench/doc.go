// Package bench measures a network of real processes under load: what it
// carries, how long a payment takes, and what one costs in processor time,
// waits for the disk, bytes written and memory.
//
// All figures are of one machine that runs everything, the load generator too,
// whose processor time is counted in. So that figures of two machines can be
// compared, the speed of the machine itself is measured in the same run: how
// many signatures one core makes and checks in a second, and how often the
// directory of the data can be synced.
//
// It reads /proc and so runs on Linux only.
package bench
