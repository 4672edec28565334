// Whether a request may be sent again: all of it is kept, the number of attempts is below its limit, no response has
// begun, and either it was not acted on or a second time does no harm (failure.hpp).
#pragma once

#include <cstdint>
#include <utility>

#include "base/limits.hpp"
#include "exchange/exchange_context.hpp"
#include "exchange/failure.hpp"
#include "exchange/placement.hpp"
#include "exchange/request_sender.hpp"
#include "exchange/response_reader.hpp"

namespace ferrotunnel::exchange {

class Retries {
public:
    struct Needs {
        const ExchangeContext& at;
        const RequestSender& sender;
        const Placement& placement;
        const ResponseReader& response;
    };

    explicit Retries(const Needs& needs) noexcept : needs_(needs) {}

    bool can_repeat(unsigned most = 1) const noexcept {
        return needs_.sender.is_copy_whole() && needs_.placement.repeats() < most && interims_ == 0 &&
               !needs_.response.is_within_head();
    }
    /// Whether the request may be sent again after this failure of its connection, which still exists.
    bool may_repeat(const Failure& failure) const noexcept {
        if (failure.not_here) {
            return can_repeat(forwards_max) && needs_.placement.misses() < not_here_repeats_max;
        }
        return can_repeat(failure.lost ? lost_repeats_max : 1) &&
               exchange::may_repeat(failure, needs_.placement.facts(), needs_.at.request.context.method);
    }
    /// Whether this head is the 408 of a backend that closed an idle connection, and the request may be sent again.
    bool is_idle_timeout(const http::ResponseHead& head) const noexcept {
        constexpr std::uint16_t request_timeout = 408;
        return head.status == request_timeout && !head.keep_alive && needs_.placement.stream()->reused() &&
               may_repeat(idle_failure());
    }
    /// Counts an interim response. False if it is one too many.
    bool count_interim() noexcept { return ++interims_ <= limits::http_interims_max; }

    /// The backend ended the connection. True if the client's report of the delivered bytes is awaited: the request may
    /// be sent again only if nothing was delivered, and the report follows at once. A program that serves by itself
    /// sends none.
    bool await_delivery_report() noexcept {
        awaits_delivery_report_ = can_repeat() && needs_.placement.stream()->reused() &&
                                  !http::is_idempotent(needs_.at.request.context.method);
        return awaits_delivery_report_;
    }
    bool awaits_delivery_report() const noexcept { return awaits_delivery_report_; }
    void stop_awaiting_delivery_report() noexcept { awaits_delivery_report_ = false; }

private:
    const Needs needs_;
    std::uint32_t interims_ = 0;
    bool awaits_delivery_report_ = false;
};

}  // namespace ferrotunnel::exchange
