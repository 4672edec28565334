// Load for the benchmarks: a backend that does what a connection asks for, and visitors that ask and measure.
//
//   load backend PORT                                     serves until it is killed
//   load bulk HOST:PORT down|up STREAMS BYTES             all streams at once; prints bytes, seconds, MB/s; the clock
//                                                         starts before the first connect
//   load latency HOST:PORT CONNECTIONS SECONDS [bulk]     64-byte requests, one outstanding each; prints how many, and
//                                                         p50, p99 and p99.9 in us; with `bulk` a download runs all the
//                                                         time, and its MB/s are a fifth column
//   load connect HOST:PORT SECONDS [AT_ONCE]              connect, one round trip, close; prints how many, and per
//                                                         second
//   load idle HOST:PORT CONNECTIONS [MORE...]             opens that many, each used once; prints "ready N" and waits
//                                                         for a line before it continues to MORE, for the end of input
//                                                         at last; "stuck N" if no more than N came about
//   load http HOST:PORT PATH SECONDS                      GET, a connection each, at least one; prints how many, bytes,
//                                                         seconds, and p50 and p99 in us
//   load share PORT HOST:PORT down|up STREAMS WARM SECONDS
//                                                         visitors who always have bytes, and their backend at PORT:
//                                                         after WARM seconds prints how many there are, their bytes,
//                                                         seconds, Jain's index, and the bytes of the least and the
//                                                         most
//   load udp HOST:PORT up|echo BYTES VISITORS window N SECONDS [segments]
//   load udp HOST:PORT up|echo BYTES VISITORS rate N SECONDS [segments]
//                                                         datagrams that the backend counts, or sends back: N of each
//                                                         visitor under way, or N a second of all visitors; prints how
//                                                         many were sent, how many arrived, and seconds; a visitor's
//                                                         neighbours leave as one message with "segments"
//   load udp-latency HOST:PORT SECONDS [bulk]             echoes of 64 bytes, one each millisecond if the last is back;
//                                                         prints how many, p50, p99 and p99.9 in us, how many were
//                                                         lost, and the MB/s of a download over TCP beside it
//   load start port|service HOST:PORT PROGRAM ARG...      starts a program, prints the ms until the port accepts, or
//                                                         until an echo comes back through it; ends it at the end of
//                                                         input
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "commands.hpp"
#include "requests.hpp"

namespace {

int usage() {
    std::fprintf(stderr,
                 "usage: load backend PORT | bulk HOST:PORT down|up STREAMS BYTES | latency HOST:PORT CONNECTIONS "
                 "SECONDS [bulk] | connect HOST:PORT SECONDS [AT_ONCE] | idle HOST:PORT CONNECTIONS [MORE...] | http "
                 "HOST:PORT PATH SECONDS | share PORT HOST:PORT down|up STREAMS WARM SECONDS | start port|service "
                 "HOST:PORT PROGRAM ARG... | udp HOST:PORT up|echo BYTES VISITORS window|rate N SECONDS [segments] | "
                 "udp-latency "
                 "HOST:PORT SECONDS [bulk]\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> words(argv + 1, argv + argc);
    std::size_t count = words.size();
    std::string command = words.empty() ? "" : words[0];
    if (command == "backend" && count == 2) {
        return load::backend(":" + words[1]);
    }
    if (command == "bulk" && count == 5) {
        char direction = words[2] == "up" ? load::upload : load::download;
        return load::bulk(words[1], direction, std::stoul(words[3]), std::stoull(words[4]));
    }
    if (command == "latency" && (count == 4 || (count == 5 && words[4] == "bulk"))) {
        return load::latency(words[1], std::stoul(words[2]), std::stod(words[3]), count == 5);
    }
    if (command == "connect" && (count == 3 || count == 4)) {
        return load::connects(words[1], std::stod(words[2]), count == 4 ? std::stoul(words[3]) : 1);
    }
    if (command == "idle" && count >= 3) {
        std::vector<std::size_t> levels;
        for (std::size_t i = 2; i < count; ++i) {
            levels.push_back(std::stoul(words[i]));
        }
        return load::idle(words[1], levels);
    }
    if (command == "http" && count == 4) {
        return load::http(words[1], words[2], std::stod(words[3]));
    }
    if (command == "share" && count == 7) {
        const char direction = words[3] == "up" ? load::upload : load::download;
        return load::share(":" + words[1], words[2], direction, std::stoul(words[4]), std::stod(words[5]),
                           std::stod(words[6]));
    }
    const bool segments = count == 9 && words[8] == "segments";
    if (command == "udp" && (count == 8 || segments) && (words[5] == "window" || words[5] == "rate")) {
        const bool by_window = words[5] == "window";
        return load::udp({words[1], words[2] == "up", std::stoul(words[3]), std::stoul(words[4]),
                          by_window ? std::stoull(words[6]) : 0, by_window ? 0 : std::stod(words[6]),
                          std::stod(words[7]), segments});
    }
    if (command == "udp-latency" && (count == 3 || (count == 4 && words[3] == "bulk"))) {
        return load::udp_latency(words[1], std::stod(words[2]), count == 4);
    }
    if (command == "start" && count >= 4) {
        return load::start(words[1], words[2], argv + 4);
    }
    return usage();
}
