#include "live_screen.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "printable.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t exchanges_max = 8;
// The most lines printed at once; of a larger burst the rest is counted.
constexpr std::size_t lines_max = 100;

std::string milliseconds_text(std::chrono::microseconds time) {
    return fmt::format("{:.1f} ms", static_cast<double>(time.count()) / 1'000);
}

std::string clock_text(std::chrono::system_clock::time_point when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

std::string line_of(const RecordedExchange& exchange) {
    const std::string what = exchange.method.empty() ? fmt::format("{} from {}", exchange.service, exchange.visitor)
                                                     : fmt::format("{} {}", exchange.method, exchange.target);
    const std::string problem = exchange.problem.empty() ? "" : "  " + printable(exchange.problem);
    return fmt::format("{}  {:>3}  {}  {}  {}{}", clock_text(exchange.began),
                       exchange.method.empty() ? "tcp"
                       : exchange.status == 0  ? "-"
                                               : std::to_string(exchange.status),
                       what, exchange.duration ? milliseconds_text(*exchange.duration) : "under way",
                       size_text(static_cast<double>(exchange.bytes_sent)), problem);
}

std::vector<std::string> screen_of(const ClientStats& now, const std::vector<RecordedExchange>& newest) {
    std::vector<std::string> lines{""};
    lines.push_back(
        fmt::format("{}{}  visitors: {} now, {} in all  in {}, out {}", now.connected ? "connected" : "not connected",
                    now.rtt.count() > 0 ? ", round trip " + milliseconds_text(now.rtt) : "", now.traffic.streams,
                    now.traffic.streams_opened, size_text(static_cast<double>(now.traffic.bytes_received)),
                    size_text(static_cast<double>(now.traffic.bytes_sent))));
    for (std::size_t i = std::min(newest.size(), exchanges_max); i-- > 0;) {
        lines.push_back(line_of(newest[i]));
    }
    return lines;
}

void LiveScreen::tick() {
    if (is_terminal_) {
        output_.footer(screen_of(client_.stats(), client_.exchanges(exchanges_max)));
    } else {
        print_finished();
    }
}

// Prints each once, when it is over.
void LiveScreen::print_finished() {
    std::vector<RecordedExchange> fresh = client_.exchanges(lines_max);
    std::reverse(fresh.begin(), fresh.end());
    if (fresh.empty()) {
        return;
    }
    if (seen_ != 0 && fresh.front().id > seen_ + 1) {
        output_.line(fmt::format("  ({} more)", fresh.front().id - seen_ - 1));
    }
    std::erase_if(open_, [&](std::uint64_t id) { return id < fresh.front().id; });
    for (const RecordedExchange& exchange : fresh) {
        if (exchange.id > seen_) {
            seen_ = exchange.id;
            open_.insert(exchange.id);
        }
        if (exchange.duration && open_.erase(exchange.id) != 0) {
            output_.line("  " + line_of(exchange));
        }
    }
}

}  // namespace ferrotunnel::cli
