// The answer's half of an exchange: the backend's response, or an answer of the edge's own.
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "exchange/connection_login.hpp"
#include "exchange/grpc_status.hpp"
#include "exchange/http_exchange.hpp"
#include "exchange/request_counts.hpp"

namespace ferrotunnel::exchange {

using http::PageState;
using mux::StreamItem;
using wire::Code;

Answer HttpExchange::next() {
    Answer answer = next_piece();
    answer_bytes_ += answer.data.size();
    return answer;
}

Answer HttpExchange::next_piece() {
    if (state_ != State::held_head && state_ != State::gathering) {
        forget_head();
    }
    switch (state_) {
        case State::on_hold:
        case State::held:
            return awaits_continue_ && upload_ ? give_continue() : Answer{};
        case State::opening:
            return {};
        case State::waiting:
            return next_head();
        case State::gathering:
            return next_gathered();
        case State::held_head:
            return give_head();
        case State::answering:
            return download_ != nullptr ? next_download() : give_piece(answer_piece());
        case State::switched:
            return next_raw();
        case State::page_head:
        case State::held_page:
            return give_page_head();
        case State::page_body:
            return download_ != nullptr ? next_download() : give_page_body();
        case State::done:
        case State::broken:
            break;
    }
    Answer answer;
    answer.kind = state_ == State::done ? Answer::Kind::end : Answer::Kind::broken;
    answer.code = cut_code_;
    return answer;
}

// --- heads ---

Answer HttpExchange::next_head() {
    while (state_ == State::waiting) {
        StreamItem* item = backend_->front();
        if (item == nullptr) {
            if (const mux::Verdict verdict = backend_->verdict()) {
                const bool was_aborted = verdict.kind == mux::Verdict::Kind::aborted;
                fail(was_aborted ? reset_failure(verdict.code, stream_facts()) : lost_failure());
            } else if (backend_->park_receive()) {
                return {};
            }
        } else if (item->kind == StreamItem::Kind::reset) {
            fail(fin_seen_ ? closed_failure(backend_->nothing_delivered()) : reset_failure(item->code, stream_facts()));
        } else if (item->kind == StreamItem::Kind::fin) {
            if (!waits_for_count()) {
                fail(closed_failure(false));
            }
        } else if (read_head(*item)) {
            return give_head();
        }
    }
    return next_piece();
}

// Reads bytes of a head; true when it is complete. Its bytes then stay where they are until the next call.
bool HttpExchange::read_head(const StreamItem& item) {
    if (item.slice.empty()) {
        backend_->consume(0);
        return false;
    }
    const ResponseReader::Progress progress = response_.read_head(*backend_, item, request_.context);
    if (progress == ResponseReader::Progress::complete && was_idle_timeout(response_.head())) {
        return false;
    }
    if (progress != ResponseReader::Progress::more || !backend_->reused()) {  // else it may still be such a 408
        kept_.forget();
    }
    progress_at_ = edge_.worker.now();
    access_.mark(AccessLine::Phase::first_byte, progress_at_);
    if (progress == ResponseReader::Progress::refused) {
        const http::Refusal refusal = response_.refusal();
        fail({{PageState::backend_broken, refusal.code, refusal.text}});
    }
    return progress == ResponseReader::Progress::complete;
}

Answer HttpExchange::give_head() {
    const http::ResponseHead& head = response_.head();
    Answer answer;
    answer.head = &head;
    answer.status = head.status;
    http::Edits& edits = edge_.new_edits();
    answer.is_trailers_only = visitor_.http2 && request_.is_grpc && is_trailers_only(head);
    bool fits = (answer.is_trailers_only || edits.set(http::FieldName::x_request_id, request_.id)) &&
                edits.remove("X-FerroTunnel-Error");
    if (!head.is_interim() && !answer.is_trailers_only && !head.fields.first(http::FieldName::date)) {
        fits = fits && edits.add(http::FieldName::date, edge_.date());
    }
    fits = fits && rewriting_.edit_answer(head, request_, edge_.settings(), edge_, edits);
    check(fits, "what the edge adds to a head fits into the edits");
    put_member(edits);
    answer.edits = &edits;
    if (head.is_interim()) {
        awaits_continue_ = awaits_continue_ && head.status != 100;
        if (++interims_ > limits::http_interims_max) {
            fail({{PageState::backend_broken, "too_many_interim", "the backend sends interim responses for ever"}});
            return next_piece();
        }
        answer.kind = Answer::Kind::interim;
        return answer;
    }
    if (head.switches && (!body_ended_ || upload_)) {
        fail({{PageState::backend_broken, "switched_early", "the backend has switched protocols within the request"}});
        return next_piece();
    }
    if (run_ && !plugins_pass({head.status, hooks::Origin::backend, &head.fields, &edits, head.switches},
                              State::held_head, edits)) {
        return state_ == State::held_head ? Answer{} : next_piece();
    }
    constexpr std::uint16_t least_5xx = 500;
    tell_member(head.status < least_5xx ? directory::Fared::well : directory::Fared::answer_5xx);
    answer.kind = Answer::Kind::head;
    answer.length_is_unknown = run_ && begin_download(head.body.kind != http::BodyKind::none, head.status);
    note_answer(head.status);
    awaits_continue_ = false;
    if (!gathered_) {
        response_.begin_body();
    }
    state_ = State::answering;
    runtime::Deadline::cancel();
    constexpr std::uint16_t unauthorized = 401;
    if (head.status == unauthorized && offers_connection_login(head.fields)) {
        request_.binds_connection = true;
    }
    if (head.switches) {
        state_ = State::switched;
        EdgeCounters::add(edge_.counters.upgrades);
        set_deadline();
    }
    return answer;
}

void HttpExchange::note_answer(std::uint16_t status) noexcept {
    head_given_ = true;
    answer_status_ = status;
    count_first_byte(edge_, request_, edge_.worker.now() - begun_at_);
}

// Lets go of the head that was given out: the caller has written it.
void HttpExchange::forget_head() {
    if (response_.has_head()) {
        response_.forget_head(backend_.get(), state_ == State::waiting);
    }
}

// --- the body ---

Answer HttpExchange::finish_answer() {
    state_ = State::done;
    runtime::Deadline::cancel();
    Answer answer;
    answer.kind = Answer::Kind::end;
    answer.trailers = response_.trailers();
    if (!is_request_sent()) {
        drop_backend();  // the rest of the request must not become another request
    } else if (response_.keeps_connection() && !edge_.draining() && may_be_anybodys()) {
        open_is_answered();
        edge_.pool.put(std::exchange(backend_, nullptr));
        edge_.gate.came_back(request_.service->serial());
    } else {
        open_is_answered();
        std::exchange(backend_, nullptr)->close();
    }
    return answer;
}

// Whether the backend's connection may serve another visitor: nobody's login is bound to it, or nobody else gets it.
bool HttpExchange::may_be_anybodys() const noexcept {
    return !request_.binds_connection || request_.service->description().per_visitor;
}

Answer HttpExchange::next_raw() {
    ResponseReader::Piece piece = response_.next_raw(*backend_);
    Answer answer;
    switch (piece.kind) {
        case ResponseReader::Piece::Kind::nothing:
            break;
        case ResponseReader::Piece::Kind::data:
            progress_at_ = edge_.worker.now();
            answer.kind = Answer::Kind::data;
            answer.data = std::move(piece.data);
            break;
        case ResponseReader::Piece::Kind::end:
            state_ = State::done;
            runtime::Deadline::cancel();
            std::exchange(backend_, nullptr)->close();
            return next_piece();
        case ResponseReader::Piece::Kind::broken:
            return cut(piece.why, piece.code);
    }
    return answer;
}

Answer HttpExchange::cut(std::string_view why, Code code) {
    state_ = State::broken;
    cut_code_ = code;
    runtime::Deadline::cancel();
    drop_backend();
    EdgeCounters::add(edge_.counters.answers_cut);
    static constexpr LineKind answer_cut{"answer_cut"};
    if (edge_.log.may_write(LogLevel::warn, answer_cut, edge_.worker.now())) {
        edge_.log.warn("a response was aborted", {{"request", request_.id},
                                                  {"visitor", visitor_.address},
                                                  {"host", request_.host},
                                                  {"service", request_.service_name()},
                                                  {"why", why}});
    }
    return next_piece();
}

std::string_view HttpExchange::answer_trailers(const http::Fields& trailers) {
    const TrailerRules rules{request_.service->description().rules.response_headers, run_.get(),
                             &hooks::HttpRun::put_response};
    return write_trailers(trailers, rules, response_.hops(), edge_);
}

// --- answers of the edge's own ---

void HttpExchange::refuse(PageState state, std::string_view code, std::string_view why, http::Method method) {
    request_.context.method = method;
    if (request_.id.empty()) {
        request_.id = edge_.new_request_id();
        begun_at_ = edge_.worker.now();
        access_.begin(nullptr, edge_, visitor_);
    }
    drop_backend();
    give_page({state, code, why});
}

// Begins an answer that is not the backend's: nothing of the request is needed any more, and what plugins have changed
// in an answer before this one is forgotten.
void HttpExchange::begin_answer() noexcept {
    runtime::Deadline::cancel();
    kept_.forget();
    if (run_) {
        upload_.reset();
        gathered_.reset();
        run_->drop_collected(hooks::Side::request);
        run_->drop_answer();
    }
    state_ = State::page_head;
}

void HttpExchange::answer_instead(Instead instead) {
    if (instead.page) {
        give_page(*instead.page);
        return;
    }
    begin_answer();
    local_.set_status(instead.status, std::move(instead.location));
}

void HttpExchange::answer_by_plugin(hooks::Reply reply) {
    begin_answer();
    if (!reply.page) {
        local_.set_reply(std::move(reply), std::nullopt);
        return;
    }
    const http::PageState state = *reply.page;
    const std::string why = std::move(reply.why);
    http::Page page = page_of(state, reply.code);
    local_.set_reply(std::move(reply), std::move(page));
    log_page(state, why);
    if (request_.is_grpc) {
        local_.speak_grpc();
    }
}

void HttpExchange::give_page(const Refusal& refusal) {
    begin_answer();
    local_.set_page(page_of(refusal.state, refusal.code));
    log_page(refusal.state, refusal.why);
    if (request_.is_grpc) {
        local_.speak_grpc(refusal.grpc_status);
    }
}

http::Page HttpExchange::page_of(http::PageState state, std::string_view code) const {
    http::PageRequest page;
    page.state = state;
    page.format = request_.page_format();
    page.request_id = request_.id;
    page.host = request_.host;
    page.code = code;
    return http::make_page(page, edge_.rules().pages);
}

void HttpExchange::log_page(http::PageState state, std::string_view why) {
    EdgeCounters::add(edge_.counters.pages);
    const LogLevel level = local_.status() >= 500 ? LogLevel::warn : LogLevel::info;
    if (!edge_.log.may_write(level, {http::info_of(state).code}, edge_.worker.now())) {
        return;
    }
    edge_.log.log_at(level, "a request was answered by the edge",
                     {{"request", request_.id},
                      {"visitor", visitor_.address},
                      {"host", request_.host},
                      {"service", request_.service_name()},
                      {"status", local_.status()},
                      {"code", local_.code()},
                      {"why", why}});
}

Answer HttpExchange::give_page_head() {
    http::Edits& edits = edge_.new_edits();
    local_.put_fields(request_, edge_.settings(), edge_.date(), edge_, edits);
    if (run_ && !plugins_pass({local_.status(), local_.origin(), nullptr, &edits, false}, State::held_page, edits)) {
        return state_ == State::held_page ? Answer{} : next_piece();
    }
    if (run_) {
        run_->drop_collected(hooks::Side::response);  // the body is here as well
    }
    runtime::Deadline::cancel();
    Answer answer;
    answer.kind = Answer::Kind::head;
    answer.edits = &edits;
    answer.status = local_.status();
    note_answer(local_.status());
    answer.is_trailers_only = visitor_.http2 && local_.speaks_grpc();
    state_ = State::page_body;
    const bool is_head = request_.context.method == http::Method::head;
    answer.length_is_unknown = run_ && begin_download(!is_head, local_.status());
    if (is_head && local_.status() != 304) {
        answer.content_length = local_.body().size();
        state_ = State::done;
    } else {
        constexpr std::uint16_t not_modified = 304;  // a length would be that of what the visitor has
        answer.body = local_.status() == not_modified ? http::Body() : http::Body::of_length(local_.body().size());
    }
    return answer;
}

Answer HttpExchange::give_page_body() {
    state_ = State::done;
    if (local_.body().empty()) {
        return next_piece();
    }
    Answer answer;
    answer.kind = Answer::Kind::data;
    answer.data = buffer::Slice::copy_of(as_bytes(local_.body()));
    return answer;
}

}  // namespace ferrotunnel::exchange
