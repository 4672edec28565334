// The failures of an exchange: a backend that does not answer, or not in time; and requests that are sent again.
#include <algorithm>

#include "base/limits.hpp"
#include "exchange/http_exchange.hpp"

namespace ferrotunnel::exchange {

StreamFacts HttpExchange::stream_facts() const noexcept {
    return {backend_->connected(), backend_->nothing_delivered(), backend_->reused()};
}

// Whether the request can be sent again: all of it is kept, it was not yet sent again so often, and no answer
// has begun.
bool HttpExchange::can_repeat(unsigned most) const noexcept {
    return kept_.is_whole() && repeats_ < most && interims_ == 0 && !response_.is_within_head();
}

// Called when the backend has ended the connection. Where the request may only be sent again when nothing of it was
// delivered, the client's word on that follows at once, and is waited for; a program that serves by itself sends none.
bool HttpExchange::waits_for_count() {
    if (!can_repeat(1) || !backend_->reused() || http::is_idempotent(request_.context.method)) {
        return false;
    }
    fin_seen_ = true;
    backend_->drop_front();
    edge_.wheel.set_after(*this, limits::http_count_follows);
    return true;
}

// Called with the head of an answer. True: it was the 408 of a backend that has closed an idle connection, and the
// request is sent again.
bool HttpExchange::was_idle_timeout(const http::ResponseHead& head) {
    constexpr std::uint16_t request_timeout = 408;
    if (head.status != request_timeout || head.keep_alive || !backend_->reused()) {
        return false;
    }
    const Failure failure = idle_failure();
    if (!can_repeat(1) || !may_repeat(failure, stream_facts(), request_.context.method)) {
        return false;
    }
    response_.forget_head(nullptr, true);
    fail(failure);
    return true;
}

void HttpExchange::fail(const Failure& failure) {
    tell_member(failure.fared);
    if (failure.fared == directory::Fared::refused && go_to_other_member()) {
        return;
    }
    const bool repeats = state_ == State::waiting && can_repeat(failure.lost ? lost_repeats_max : 1) &&
                         may_repeat(failure, stream_facts(), request_.context.method);
    if (!repeats) {
        drop_backend();
        give_page(failure);
        return;
    }
    ++repeats_;
    fin_seen_ = false;
    was_let_down_ = backend_->reused() && !failure.lost;
    EdgeCounters::add(edge_.counters.retries);
    edge_.log.debug("a request is sent again", {{"request", request_.id}, {"why", failure.why}});
    if (failure.elsewhere) {
        no_room_ = no_room_ || failure.state == http::PageState::busy;
        passed_.push_back(backend_->carrier().carrier_id());
    }
    drop_backend();
    open_again();
}

// Called when memory has run out, or on a bug: this exchange ends, and nothing else.
void HttpExchange::fail_late() noexcept {
    drop_backend();
    runtime::Deadline::cancel();
    state_ = State::broken;
}

// --- time ---

void HttpExchange::set_deadline() noexcept {
    const HttpServiceSettings& settings = request_.settings;
    if (state_ == State::switched) {
        edge_.wheel.set(*this, progress_at_ + settings.upgraded_idle);
    } else if (backend_->connected()) {
        edge_.wheel.set(*this, progress_at_ + settings.first_byte);
    } else {
        // Nobody tells when the backend is connected: the answer may be due before the connection would be.
        edge_.wheel.set(*this, std::min(opened_at_ + settings.backend_connect, progress_at_ + settings.first_byte));
    }
}

void HttpExchange::on_deadline() noexcept {
    handle([this] { look_at_deadline(); });
}

void HttpExchange::look_at_deadline() {
    const TimePoint now = edge_.worker.now();
    if (state_ == State::on_hold) {
        leave_hold();
        waiting_head_.reset();
        give_page({http::PageState::no_client, {}, "the client of this host has not come back in time"});
        return;
    }
    if (state_ == State::held || state_ == State::held_head || state_ == State::held_page) {
        run_->expire();
        if (state_ == State::held) {
            ask_plugins_again();
        }
        return;
    }
    if (state_ == State::gathering) {
        run_->collect_failed("the body of the answer has not come in time");
        state_ = State::held_head;
        return;
    }
    const bool connects = state_ == State::opening || (state_ == State::waiting && !backend_->connected());
    if (fin_seen_) {
        fail(closed_failure(false));
    } else if (waits_at_gate()) {
        look_at_line();
    } else if (state_ == State::waiting && connects && now - opened_at_ < request_.settings.backend_connect) {
        progress_at_ = now;
        set_deadline();
    } else if (connects) {
        // Another carrier is there, and this one's silence says nothing of the backend.
        if (backend_ && backend_->carrier().waits() && !backend_->is_carried()) {
            fail(lost_failure());
            return;
        }
        kept_.forget();
        fail(connect_failure());
    } else if (state_ == State::waiting) {
        look_at_answer(now);
    } else if (state_ == State::switched) {
        if (now - progress_at_ >= request_.settings.upgraded_idle) {
            (void)cut("nothing was said for too long after a switch of protocols");
            return;
        }
        set_deadline();
    }
}

// Looks whether the backend has answered in time. As long as the visitor is the one to be waited for, its connection
// watches its pace.
void HttpExchange::look_at_answer(TimePoint now) {
    const bool backends_turn = !backend_->awaits_turn() && (body_ended_ || awaits_continue_ || !backend_->can_send());
    if (backends_turn && now - progress_at_ >= request_.settings.first_byte) {
        kept_.forget();  // the backend may be at work on it, however slowly
        fail(slow_failure());
        return;
    }
    progress_at_ = backends_turn ? progress_at_ : now;
    set_deadline();
}

}  // namespace ferrotunnel::exchange
