// The answer's half of an exchange: the backend's response, or a page; and what follows when a backend fails.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "exchange/http_exchange.hpp"
#include "http/header_rules.hpp"

namespace ferrotunnel::exchange {

using http::BodyState;
using http::PageState;
using http::ParseState;
using mux::StreamItem;
using wire::Code;

Answer HttpExchange::next() {
    Answer answer = next_piece();
    if (access_) {
        access_->body_bytes += answer.data.size();
    }
    return answer;
}

Answer HttpExchange::next_piece() {
    forget_head();
    switch (state_) {
        case State::opening:
            return {};
        case State::waiting:
            return next_head();
        case State::answering:
            return next_data();
        case State::switched:
            return next_raw();
        case State::page_head:
            return give_page_head();
        case State::page_body:
            return give_page_body();
        case State::done:
        case State::broken:
            break;
    }
    Answer answer;
    answer.kind = state_ == State::done ? Answer::Kind::end : Answer::Kind::broken;
    return answer;
}

// --- heads ---

Answer HttpExchange::next_head() {
    while (state_ == State::waiting) {
        StreamItem* item = backend_->front();
        if (item == nullptr) {
            if (const mux::Verdict verdict = backend_->verdict()) {
                fail(failure_of(verdict.code, verdict.kind == mux::Verdict::Kind::aborted));
            } else if (backend_->park_receive()) {
                return {};
            }
        } else if (item->kind == StreamItem::Kind::reset) {
            fail(fin_seen_ ? closed_early(backend_->nothing_delivered()) : failure_of(item->code, true));
        } else if (item->kind == StreamItem::Kind::fin) {
            if (!waits_for_count()) {
                fail(closed_early(false));
            }
        } else if (read_head_bytes(*item)) {
            return give_head();
        }
    }
    return next_piece();
}

// Reads bytes of a head; true when it is complete. Its bytes then stay where they are until the next call.
bool HttpExchange::read_head_bytes(StreamItem& item) {
    const std::string_view bytes = as_text(item.slice.bytes());
    if (bytes.empty()) {
        backend_->consume(0);
        return false;
    }
    if (!parser_) {
        parser_ = edge_.take_response_parser();
        parser_->reset(context_);
    }
    forget_replay();
    progress_at_ = edge_.worker.now();
    const std::size_t before = head_bytes_.size();
    std::string_view all = bytes;
    if (before > 0) {
        all = head_bytes_.append(bytes);
    }
    switch (parser_->parse(all)) {
        case ParseState::more:
            if (before == 0) {
                head_bytes_ = bytes;
            }
            backend_->consume(item.slice.size());
            return false;
        case ParseState::complete:
            pending_consume_ = static_cast<std::uint32_t>(parser_->size() - before);
            return true;
        case ParseState::refused:
            break;
    }
    const http::Refusal refusal = parser_->refusal();
    fail({PageState::backend_broken, refusal.code, refusal.text});
    return false;
}

Answer HttpExchange::give_head() {
    const http::ResponseHead& head = parser_->head();
    head_lent_ = true;
    Answer answer;
    answer.head = &head;
    answer.status = head.status;
    http::Edits& edits = edge_.new_edits();
    bool fits = edits.set("X-Request-Id", request_id_) && edits.remove("X-FerroTunnel-Error");
    if (!head.is_interim() && !head.fields.first(http::FieldName::date)) {
        fits = fits && edits.add("Date", edge_.date());
    }
    fits = fits && apply_rules(head, edits);
    check(fits, "what the edge adds to a head fits into the edits");
    answer.edits = &edits;
    if (head.is_interim()) {
        awaits_continue_ = awaits_continue_ && head.status != 100;
        if (++interims_ > limits::http_interims_max) {
            fail({PageState::backend_broken, "too_many_interim", "the backend sends interim responses for ever"});
            return next_piece();
        }
        answer.kind = Answer::Kind::interim;
        return answer;
    }
    if (head.switches && !body_ended_) {
        fail({PageState::backend_broken, "switched_early", "the backend has switched protocols within the request"});
        return next_piece();
    }
    answer.kind = Answer::Kind::head;
    head_given_ = true;
    if (access_) {
        access_->status = head.status;
    }
    awaits_continue_ = false;
    response_keeps_ = head.keep_alive;
    response_body_ = http::BodyReader(head.body);
    if (head.body.kind == http::BodyKind::chunked) {
        response_hops_ = http::connection_names(head.fields);
    }
    state_ = State::answering;
    runtime::Deadline::cancel();
    if (head.switches) {
        state_ = State::switched;
        EdgeCounters::add(edge_.counters.upgrades);
        set_deadline();
    }
    return answer;
}

// Lets go of the head that was given out: the caller has written it.
void HttpExchange::forget_head() {
    if (!std::exchange(head_lent_, false)) {
        return;
    }
    head_bytes_.clear();
    if (backend_ && backend_->state() == BackendStream::State::busy && pending_consume_ > 0) {
        backend_->consume(pending_consume_);
    }
    pending_consume_ = 0;
    if (state_ == State::waiting) {
        parser_->reset();
    } else {
        head_bytes_.shrink_to_fit();
        edge_.give_back(std::move(parser_));
    }
}

// --- the body ---

Answer HttpExchange::next_data() {
    while (response_body_.state() == BodyState::more) {
        StreamItem* item = backend_->front();
        if (item == nullptr) {
            if (backend_->verdict()) {
                return cut("the stream to the backend has ended within the answer");
            }
            if (backend_->park_receive()) {
                return {};
            }
            continue;
        }
        if (item->kind == StreamItem::Kind::fin) {
            if (!response_body_.end_of_input()) {
                return cut("the backend has closed the connection within the answer");
            }
            break;
        }
        if (item->kind != StreamItem::Kind::data) {
            return cut("the backend has reset the connection within the answer");
        }
        const std::string_view bytes = as_text(item->slice.bytes());
        const http::BodyReader::Piece piece = response_body_.next(bytes);
        Answer answer;
        if (!piece.payload.empty()) {
            answer.kind = Answer::Kind::data;
            answer.data = item->slice.share(static_cast<std::uint32_t>(piece.payload.data() - bytes.data()),
                                            static_cast<std::uint32_t>(piece.payload.size()));
        }
        backend_->consume(static_cast<std::uint32_t>(piece.consumed));
        if (response_body_.state() == BodyState::refused) {
            return cut(response_body_.refusal().text);
        }
        if (answer.kind == Answer::Kind::data) {
            return answer;
        }
    }
    return finish_answer();
}

Answer HttpExchange::finish_answer() {
    state_ = State::done;
    runtime::Deadline::cancel();
    Answer answer;
    answer.kind = Answer::Kind::end;
    answer.trailers = response_body_.kind() == http::BodyKind::chunked ? &response_body_.trailers() : nullptr;
    if (!is_request_sent()) {
        drop_backend();  // the rest of the request must not become another request
    } else if (response_keeps_ && !edge_.draining() && response_body_.kind() != http::BodyKind::until_close) {
        open_is_answered();
        edge_.pool.put(std::exchange(backend_, nullptr));
        edge_.gate.came_back(service_->serial());
    } else {
        open_is_answered();
        std::exchange(backend_, nullptr)->close();
    }
    return answer;
}

Answer HttpExchange::next_raw() {
    while (true) {
        StreamItem* item = backend_->front();
        if (item == nullptr) {
            if (backend_->verdict()) {
                return cut("the stream to the backend has ended");
            }
            if (backend_->park_receive()) {
                return {};
            }
            continue;
        }
        if (item->kind == StreamItem::Kind::fin) {
            state_ = State::done;
            runtime::Deadline::cancel();
            std::exchange(backend_, nullptr)->close();
            return next_piece();
        }
        if (item->kind != StreamItem::Kind::data) {
            return cut("the backend has reset the connection");
        }
        Answer answer;
        answer.kind = Answer::Kind::data;
        answer.data = item->slice.share(0, item->slice.size());
        backend_->consume(item->slice.size());
        progress_at_ = edge_.worker.now();
        if (!answer.data.empty()) {
            return answer;
        }
    }
}

Answer HttpExchange::cut(std::string_view why) {
    state_ = State::broken;
    runtime::Deadline::cancel();
    drop_backend();
    EdgeCounters::add(edge_.counters.answers_cut);
    static constexpr LineKind answer_cut{"answer_cut"};
    if (edge_.log.may_write(LogLevel::warn, answer_cut, edge_.worker.now())) {
        edge_.log.warn("an answer was cut",
                       {{"request", request_id_},
                        {"visitor", visitor_.address},
                        {"host", host_},
                        {"service", service_ ? std::string_view(service_->description().name) : std::string_view()},
                        {"why", why}});
    }
    return next_piece();
}

// --- pages ---

void HttpExchange::refuse(PageState state, std::string_view code, std::string_view why, http::Method method) {
    context_.method = method;
    if (request_id_.empty()) {
        request_id_ = edge_.new_request_id();
    }
    drop_backend();
    give_page(state, code, why);
}

void HttpExchange::give_page(PageState state, std::string_view code, std::string_view why) {
    runtime::Deadline::cancel();
    forget_replay();
    state_ = State::page_head;
    EdgeCounters::add(edge_.counters.pages);
    http::PageRequest request;
    request.state = state;
    request.format = page_format();
    request.request_id = request_id_;
    request.host = host_;
    request.code = code;
    page_ = http::make_page(request, edge_.shared->pages);
    const LogLevel level = page_.status >= 500 ? LogLevel::warn : LogLevel::info;
    if (!edge_.log.may_write(level, {http::info_of(state).code}, edge_.worker.now())) {
        return;
    }
    edge_.log.log_at(level, "a request was answered by the edge",
                     {{"request", request_id_},
                      {"visitor", visitor_.address},
                      {"host", host_},
                      {"service", service_ ? std::string_view(service_->description().name) : std::string_view()},
                      {"status", page_.status},
                      {"code", page_.code},
                      {"why", why}});
}

Answer HttpExchange::give_page_head() {
    http::Edits& edits = edge_.new_edits();
    put_page_fields(edits);
    Answer answer;
    answer.kind = Answer::Kind::head;
    answer.edits = &edits;
    answer.status = page_.status;
    head_given_ = true;
    if (access_) {
        access_->status = page_.status;
    }
    state_ = State::page_body;
    if (context_.method == http::Method::head) {
        answer.content_length = page_.body.size();
        state_ = State::done;
    } else {
        answer.body = http::Body::of_length(page_.body.size());
    }
    return answer;
}

// Adds the fields of a page. A later edit counts more than an earlier one. The service's rules say how long a redirect,
// or an answer without content, may be kept; an error must not be kept.
void HttpExchange::put_page_fields(http::Edits& edits) {
    bool fits = true;
    auto put_usual = [&] {
        for (const http::PageField& field : http::page_fields) {
            fits = fits && edits.set(field.name, field.value);
        }
    };
    if (!is_page_) {
        put_usual();
    }
    if (service_) {
        fits = fits && http::put_page_rules(service_->description().rules.response_headers, edits);
    }
    fits = fits && edits.set("Date", edge_.date()) && edits.set("X-Request-Id", request_id_);
    if (!location_.empty()) {
        fits = fits && edits.set("Location", location_);
    }
    if (is_page_) {
        put_usual();
        fits = fits && edits.set("Content-Type", page_.content_type) && edits.set("X-FerroTunnel-Error", page_.code);
    }
    if (is_page_ && page_.built_in) {
        fits = fits && edits.set(http::built_in_page_field.name, http::built_in_page_field.value);
    }
    if (page_.retry_after > 0) {
        retry_after_ = std::to_string(page_.retry_after);
        fits = fits && edits.set("Retry-After", retry_after_);
    }
    add_hsts(edits);
    check(fits, "the fields of a page fit into the edits");
}

Answer HttpExchange::give_page_body() {
    state_ = State::done;
    if (page_.body.empty()) {
        return next_piece();
    }
    Answer answer;
    answer.kind = Answer::Kind::data;
    answer.data = buffer::Slice::copy_of(as_bytes(page_.body));
    return answer;
}

// --- failures ---

HttpExchange::Failure HttpExchange::failure_of(Code code, bool told_by_backend) const noexcept {
    Failure failure{PageState::backend_broken, "reset", "the backend has reset the connection before it answered"};
    failure.not_delivered = told_by_backend && backend_->nothing_delivered();
    if (!told_by_backend) {
        failure.code = "tunnel_lost";
        failure.why = "the connection to the client was lost before the backend answered";
        return failure;
    }
    const bool connected = backend_->connected();
    if (code == Code::refused && !connected) {
        failure = {PageState::backend_refused, {}, "the backend has refused the connection"};
    } else if (code == Code::timeout && !connected) {
        failure = {PageState::backend_refused, "connect_timeout", "the backend can not be reached in time"};
    } else if (!connected && (code == Code::busy || code == Code::going_away || code == Code::unknown_service)) {
        failure = {
            PageState::no_client, {}, "the client does not carry the service any more", failure.not_delivered, true};
        if (code == Code::busy) {
            failure.state = PageState::busy;
            failure.why = "the client takes no more streams";
        }
    }
    return failure;
}

// Called when the backend has ended the connection. Where the request may only be sent once more when nothing of it was
// delivered, the client's word on that follows at once, and is waited for; a program that serves by itself sends none.
bool HttpExchange::waits_for_count() {
    const bool matters = replayable_ && !repeated_ && interims_ == 0 && backend_->reused();
    if (!matters || http::is_idempotent(context_.method)) {
        return false;
    }
    fin_seen_ = true;
    backend_->drop_front();
    edge_.wheel.set_after(*this, limits::http_count_follows);
    return true;
}

HttpExchange::Failure HttpExchange::closed_early(bool not_delivered) noexcept {
    return {PageState::backend_broken, "closed_early", "the backend has closed the connection without an answer",
            not_delivered};
}

bool HttpExchange::may_repeat(const Failure& failure) const noexcept {
    return replayable_ && !repeated_ && interims_ == 0 && state_ == State::waiting &&
           (failure.not_delivered || (backend_->reused() && http::is_idempotent(context_.method)));
}

void HttpExchange::fail(const Failure& failure) {
    if (may_repeat(failure)) {
        repeated_ = true;
        fin_seen_ = false;
        EdgeCounters::add(edge_.counters.retries);
        edge_.log.debug("a request is sent once more", {{"request", request_id_}, {"why", failure.why}});
        if (failure.elsewhere) {
            no_room_ = no_room_ || failure.state == PageState::busy;
            passed_.push_back(&backend_->carrier());
        }
        drop_backend();
        open_fresh();
        return;
    }
    drop_backend();
    give_page(failure.state, failure.code, failure.why);
}

// Called when memory has run out, or on a bug: this exchange ends, and nothing else.
void HttpExchange::fail_late() noexcept {
    drop_backend();
    runtime::Deadline::cancel();
    state_ = State::broken;
}

void HttpExchange::drop_backend() noexcept {
    leave_gate();
    open_is_answered();
    if (backend_) {
        std::exchange(backend_, nullptr)->abort(Code::cancelled);
    }
}

// --- time ---

void HttpExchange::set_deadline() noexcept {
    if (state_ == State::switched) {
        edge_.wheel.set(*this, progress_at_ + settings_.upgraded_idle);
    } else if (backend_->connected()) {
        edge_.wheel.set(*this, progress_at_ + settings_.first_byte);
    } else {
        // Nobody tells when the backend is connected: the answer may be due before the connection would be.
        edge_.wheel.set(*this, std::min(opened_at_ + settings_.backend_connect, progress_at_ + settings_.first_byte));
    }
}

void HttpExchange::on_deadline() noexcept {
    handle([this] { look_at_deadline(); });
}

void HttpExchange::look_at_deadline() {
    const TimePoint now = edge_.worker.now();
    if (fin_seen_) {
        fail(closed_early(false));
    } else if (waits_at_gate()) {
        look_at_line();
    } else if (state_ == State::waiting && !backend_->connected() && now - opened_at_ < settings_.backend_connect) {
        progress_at_ = now;
        set_deadline();
    } else if (state_ == State::opening || (state_ == State::waiting && !backend_->connected())) {
        forget_replay();
        fail({PageState::backend_refused, "connect_timeout", "the backend can not be reached in time"});
    } else if (state_ == State::waiting) {
        // As long as the visitor is the one to be waited for, its connection watches its pace.
        const bool backends_turn = body_ended_ || awaits_continue_ || !backend_->can_send();
        if (backends_turn && now - progress_at_ >= settings_.first_byte) {
            forget_replay();  // the backend may be at work on it, however slowly
            fail({PageState::backend_slow, {}, "the backend has not answered in time"});
            return;
        }
        progress_at_ = backends_turn ? progress_at_ : now;
        set_deadline();
    } else if (state_ == State::switched) {
        if (now - progress_at_ >= settings_.upgraded_idle) {
            (void)cut("nothing was said for too long after a switch of protocols");
            return;
        }
        set_deadline();
    }
}

}  // namespace ferrotunnel::exchange
