// An exchange's stream to the backend: which member's, its place in line, opening it, and what is sent first.
#include <utility>

#include "exchange/http_exchange.hpp"
#include "exchange/request_counts.hpp"

namespace ferrotunnel::exchange {

using http::PageState;
using wire::Code;

// The connection that a stream is for alone, or 0; and the member of a group that has it. Where the backend is told who
// the visitor is when it takes the connection, nobody else may use that one.
std::uint64_t HttpExchange::stream_owner() const noexcept {
    const std::uint64_t visitor = request_.service->description().per_visitor ? visitor_.connection : 0;
    return visitor + ((member_.member() != nullptr ? member_.member()->number() : 0) << 48U);
}

void HttpExchange::open(bool has_waited) {
    if (!has_waited && edge_.gate.has_line(request_.service->serial())) {
        take_place_in_line();
        return;
    }
    std::optional<directory::HttpService::Carrier> chosen;
    if (request_.service->is_shared()) {  // whose turn it is comes before what is idle
        chosen = choose_carrier();
    }
    count_member(chosen ? chosen->member : nullptr);
    backend_.reset();
    if (!was_let_down_) {
        backend_ = edge_.pool.take(*request_.service, stream_owner(), *this);
    }
    if (backend_) {
        EdgeCounters::add(edge_.counters.backend_reused);
        opened_at_ = edge_.worker.now();
        access_.mark(AccessLine::Phase::connected, opened_at_);
        start_sending();
    } else if (edge_.gate.may_open(request_.service->serial())) {
        open_fresh(std::move(chosen));
    } else {
        take_place_in_line();
    }
}

void HttpExchange::take_place_in_line() {
    state_ = State::opening;
    if (!runtime::Deadline::is_set()) {
        opened_at_ = edge_.worker.now();
        edge_.wheel.set_after(*this, request_.settings.backend_connect);
    }
    edge_.gate.wait(request_.service->serial(), *this);
}

// Called when the time in line has passed. While others come through, this exchange's turn comes too: then it waits on,
// as long as it would for an answer.
void HttpExchange::look_at_line() {
    const TimePoint now = edge_.worker.now();
    const bool moves = now - edge_.gate.moved_at(request_.service->serial()) < request_.settings.backend_connect;
    if (moves && now - opened_at_ < request_.settings.first_byte) {
        edge_.wheel.set_after(*this, request_.settings.backend_connect);
        return;
    }
    leave_gate();
    give_page({PageState::busy, {}, "no connection to the backend has become free in time"});
}

void HttpExchange::on_gate() noexcept {
    handle([this] { open(true); });
}

void HttpExchange::open_fresh(std::optional<directory::HttpService::Carrier> carrier) {
    state_ = State::opening;
    if (!carrier) {
        carrier = choose_carrier();
    }
    if (!carrier) {
        backend_.reset();
        if (request_.service->is_unhealthy()) {
            give_page({PageState::no_client, "unhealthy", "what is behind its service is unhealthy"});
            return;
        }
        if (!no_room_ && wait_for_successor()) {
            return;
        }
        give_page(no_room_ ? Refusal{PageState::busy, {}, "no connection of its client has room for one more stream"}
                           : Refusal{PageState::no_client, {}, "no connection of its client is left"});
        return;
    }
    count_member(carrier->member);
    EdgeCounters::add(edge_.counters.backend_opened);
    opened_at_ = edge_.worker.now();
    backend_ = make_intrusive<BackendStream>(edge_.worker, edge_.wheel, edge_.pool, request_.service,
                                             std::move(*carrier), stream_owner());
    edge_.wheel.set_after(*this, request_.settings.backend_connect);
    edge_.gate.opening(request_.service->serial());
    counted_as_opening_ = true;
    const IntrusivePtr<BackendStream> opening = backend_;  // an answer that comes at once may replace it
    opening->open(visitor_.wire, *this);
}

// Opens a stream for a request that comes again, as many others may at the same moment.
void HttpExchange::open_again(std::optional<directory::HttpService::Carrier> carrier) {
    if (edge_.gate.may_open(request_.service->serial())) {
        open_fresh(std::move(carrier));
        return;
    }
    backend_.reset();
    runtime::Deadline::cancel();
    take_place_in_line();
}

// Tells the gate that the backend has taken the connection, or never will.
void HttpExchange::open_is_answered() noexcept {
    if (std::exchange(counted_as_opening_, false)) {
        if (backend_ && backend_->connected()) {
            access_.mark(AccessLine::Phase::connected, edge_.worker.now());
        }
        edge_.gate.answered(request_.service->serial(), backend_ && backend_->connected());
    }
}

void HttpExchange::open_failed() {
    open_is_answered();
    const std::optional<Code> why = backend_->open_failure();
    if (why == Code::limit) {  // all carriers have the token in common
        backend_.reset();
        give_page({PageState::busy, "quota",
                   "the token " + request_.service->description().token_name +
                       " has as many visitors, or as many new ones, as it may"});
        return;
    }
    no_room_ = no_room_ || (why != Code::unknown_service && why != Code::going_away);
    passed_.push_back(backend_->carrier().carrier_id());
    open_fresh();
}

void HttpExchange::start_sending() {
    state_ = State::waiting;
    progress_at_ = edge_.worker.now();
    // The first copy has room for the frame's header; in a second one, the stream before may still use that room.
    kept_.for_each(
        [this](buffer::Slice piece, bool is_first) { backend_->send(std::move(piece), is_first && repeats_ == 0); });
    backend_->flush();
    set_deadline();
    keep_within_bound();
    if (upload_) {
        pass_upload();
    }
}

// Forgets the copy for want of room. A head is kept until a backend has it; for a second time only where there is room.
void HttpExchange::keep_within_bound() noexcept {
    if (edge_.kept_bytes.now > KeptBytes::max && state_ == State::waiting && backend_->connected()) {
        kept_.forget();
    }
}

void HttpExchange::on_backend() noexcept {
    handle([this] {
        if (backend_ && backend_->connected()) {
            open_is_answered();
            keep_within_bound();
        }
        if (upload_) {
            pass_upload();
        }
        if (state_ == State::opening) {
            if (backend_->state() == BackendStream::State::busy) {
                start_sending();
            } else if (backend_->open_failure()) {
                open_failed();
            }
        }
    });
}

// The visitor has one share, whatever streams its requests continue, one after the other.
std::shared_ptr<shaping::VisitorShape> HttpExchange::shape_of_visitor(
    const std::shared_ptr<shaping::ServiceShape>& service) {
    if (!visitor_.shape || visitor_.shape->owner() != service) {
        visitor_.shape = std::make_shared<shaping::VisitorShape>(service);
    }
    return visitor_.shape;
}

void HttpExchange::drop_backend() noexcept {
    leave_hold();
    leave_gate();
    open_is_answered();
    if (backend_) {
        std::exchange(backend_, nullptr)->abort(abort_code_);
    }
}

}  // namespace ferrotunnel::exchange
