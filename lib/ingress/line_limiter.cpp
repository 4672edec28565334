#include "ingress/line_limiter.hpp"

#include <exception>
#include <string_view>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::ingress {

namespace {

constexpr Duration window = std::chrono::seconds(1);

std::string_view name_of(std::size_t kind) {
    switch (kind) {
        case LineLimiter::answer_cut:
            return "answer_cut";
        case LineLimiter::answer_not_read:
            return "answer_not_read";
        default:
            return http::info_of(static_cast<http::PageState>(kind)).code;
    }
}

}  // namespace

bool LineLimiter::may_write(std::size_t kind, LogLevel level) noexcept {
    if (!log_.enabled(level)) {
        return false;
    }
    if (!is_set()) {
        wheel_.set_after(*this, window);
    }
    Kind& of = kinds_[kind];
    of.level = level;
    if (of.written == limits::http_log_lines_per_second) {
        ++of.left_out;
        return false;
    }
    ++of.written;
    return true;
}

void LineLimiter::on_deadline() noexcept {
    const std::array<Kind, kinds> over = std::exchange(kinds_, {});
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        if (over[kind].left_out > 0) {
            try {
                log_.log_at(over[kind].level, "lines were left out",
                            {{"code", name_of(kind)}, {"lines", over[kind].left_out}});
            } catch (const std::exception&) {  // no memory for a line
            }
        }
    }
}

}  // namespace ferrotunnel::ingress
