#include "exchange/failure.hpp"

#include "exchange/grpc_status.hpp"

namespace ferrotunnel::exchange {

using directory::MemberOutcome;
using http::PageState;
using wire::Code;

Failure reset_failure(Code code, const StreamFacts& stream) noexcept {
    if (stream.forwarded && code == Code::unknown_service && stream.nothing_delivered) {
        Failure not_here{{PageState::no_client, {}, "no client offers the service any more"}, true, true};
        not_here.not_here = true;
        return not_here;
    }
    if (!stream.connected) {
        switch (code) {
            case Code::refused:
                return {{PageState::backend_refused, {}, "the backend refused the connection"},
                        false,
                        false,
                        false,
                        MemberOutcome::refused};
            case Code::timeout:
                return connect_failure();
            case Code::busy:
                return {{PageState::busy, {}, "the client accepts no more streams"}, stream.nothing_delivered, true};
            case Code::going_away:
            case Code::unknown_service:
                return {{PageState::no_client, {}, "the client no longer offers the service"},
                        stream.nothing_delivered,
                        true};
            default:
                break;
        }
    }
    return {{PageState::backend_broken, "reset", "the backend reset the connection before it responded",
             grpc_status_of_reset(code)},
            stream.nothing_delivered,
            false,
            false,
            MemberOutcome::reset};
}

Failure lost_failure() noexcept {
    return {{PageState::backend_broken, "tunnel_lost",
             "the connection to the client was lost before the backend responded"},
            false,
            false,
            true};
}

Failure closed_failure(bool not_delivered) noexcept {
    return {{PageState::backend_broken, "closed_early", "the backend closed the connection without a response"},
            not_delivered,
            false,
            false,
            MemberOutcome::reset};
}

Failure idle_failure() noexcept {
    return {{PageState::backend_broken, "closed_early", "the backend closed an idle connection with status 408"}};
}

Failure connect_failure() noexcept {
    return {{PageState::backend_refused, "connect_timeout", "connecting to the backend took too long"},
            false,
            false,
            false,
            MemberOutcome::refused};
}

Failure slow_failure() noexcept {
    return {{PageState::backend_slow, {}, "the backend did not respond in time"},
            false,
            false,
            false,
            MemberOutcome::reset};
}

bool may_repeat(const Failure& failure, const StreamFacts& stream, http::Method method) noexcept {
    return failure.not_delivered || ((stream.reused || failure.lost) && http::is_idempotent(method));
}

}  // namespace ferrotunnel::exchange
