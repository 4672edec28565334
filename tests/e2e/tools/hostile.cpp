// Hostile visitors, in any number, from one process; and the backend behind the service that they attack.
//
//   hostile serve PORT-FILE [POUR-BYTES [PORT]]   their backend; each that asks gets POUR-BYTES, 128 KiB if not given
//   hostile serve-good PORT-FILE           a backend for good visitors: GET /bytes/N
//   hostile visit HOST:PORT COUNT KIND[,KIND...] [host=NAME] [addresses=N] [bytes=N] [opens=N] [pieces=N] [resets=N]
//       kinds: idle, unread, tiny, reset, half-closed, hung; `host` makes them visitors of an HTTP service; `bytes` is
//       what each sends to a backend that hangs, else as many as the kernel's memory for sockets bears; the last three
//       are rates a second, of all visitors together. Commands on the standard input are answered by a line of numbers
//       each: `wait` once each visitor has been there, `count` at once; `end` ends the program.
#include "hostile.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <sstream>

namespace {

using namespace e2e;

constexpr const char* usage =
    "usage: hostile serve PORT-FILE [POUR-BYTES [PORT]] | serve-good PORT-FILE | visit HOST:PORT COUNT KIND[,KIND...] "
    "[host=NAME] [addresses=N] [bytes=N] [opens=N] [pieces=N] [resets=N]";

void set(hostile::Plan& plan, const std::string& word) {
    const std::size_t at = word.find('=');
    const std::string key = word.substr(0, at);
    const std::string value = at == std::string::npos ? "" : word.substr(at + 1);
    if (key == "host") {
        plan.host = value;
    } else if (key == "addresses") {
        plan.addresses = parse_number(value);
    } else if (key == "bytes") {
        plan.bytes = parse_number(value);
    } else if (key == "opens") {
        plan.opens = parse_number(value);
    } else if (key == "pieces") {
        plan.pieces = parse_number(value);
    } else if (key == "resets") {
        plan.resets = parse_number(value);
    } else {
        die(usage);
    }
}

hostile::Plan plan_of(const std::vector<std::string>& words) {
    hostile::Plan plan;
    plan.to = parse_address(words[1]);
    plan.count = parse_number(words[2]);
    // On one machine the kernel holds these bytes twice or more, of about a gigabyte that it has for all sockets.
    plan.bytes = std::min<std::size_t>(256 << 10, (std::size_t{512} << 20) / std::max<std::size_t>(plan.count, 1));
    std::istringstream names(words[3]);
    for (std::string name; std::getline(names, name, ',');) {
        plan.kinds.push_back(hostile::kind_of(name));
    }
    for (std::size_t i = 4; i < words.size(); ++i) {
        set(plan, words[i]);
    }
    return plan;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &files);
    }
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() >= 2 && words[0] == "serve") {
        const std::uint64_t pour = words.size() > 2 ? parse_number(words[2]) : 128 * 1024;
        const std::uint64_t port = words.size() > 3 ? parse_number(words[3]) : 0;
        hostile::serve(words[1], static_cast<std::uint16_t>(port), true, pour);
    }
    if (words.size() == 2 && words[0] == "serve-good") {
        hostile::serve(words[1], 0, false, 0);
    }
    if (words.size() >= 4 && words[0] == "visit") {
        hostile::visit(plan_of(words));
        return 0;
    }
    die(usage);
}
