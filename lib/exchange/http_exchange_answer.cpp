// The response's half of an exchange: the backend's response, or one of the edge's own.
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "exchange/connection_login.hpp"
#include "exchange/grpc_status.hpp"
#include "exchange/http_exchange.hpp"

namespace ferrotunnel::exchange {

using http::PageState;
using mux::StreamItem;
using wire::Code;

namespace {

// Adds the changes to a head of the backend's response. False if the edits have no room.
bool edit_answer(const http::ResponseHead& head, const ExchangeContext& at, const Rewriting& rewriting,
                 bool has_only_trailers, http::Edits& edits) {
    bool fits = (has_only_trailers || edits.set(http::FieldName::x_request_id, at.request.id)) &&
                edits.remove("X-FerroTunnel-Error");
    if (!head.is_interim() && !has_only_trailers && !head.fields.first(http::FieldName::date)) {
        fits = fits && edits.add(http::FieldName::date, at.edge.date());
    }
    return fits && rewriting.edit_answer(head, at.request, at.edge.settings(), at.edge, edits);
}

}  // namespace

Answer HttpExchange::next() {
    Answer answer = next_piece();
    record_.add_answer_bytes(answer.data.size());
    return answer;
}

Answer HttpExchange::next_piece() {
    if (phase_ != Phase::held_head && phase_ != Phase::gathering && response_.has_head()) {
        response_.forget_head(stream().get(), phase_ == Phase::waiting);  // the caller has written it
    }
    switch (phase_) {
        case Phase::on_hold:
        case Phase::held:
            return upload_.consume_continue() ? Answer::interim_of(100) : Answer{};
        case Phase::opening:
            return {};
        case Phase::waiting:
            return next_head();
        case Phase::gathering:
            return next_gathered();
        case Phase::held_head:
            return produce_head();
        case Phase::answering:
            return produce_piece(download_.next());
        case Phase::switched:
            return produce_piece(response_.next_raw(*stream()));
        case Phase::page_head:
        case Phase::held_page:
            return produce_page_head();
        case Phase::page_body:
            return produce_page_body();
        case Phase::done:
        case Phase::broken:
        case Phase::elsewhere:
            break;
    }
    Answer answer;
    answer.kind = phase_ == Phase::done        ? Answer::Kind::end
                  : phase_ == Phase::elsewhere ? Answer::Kind::elsewhere
                                               : Answer::Kind::broken;
    answer.code = cut_code_;
    return answer;
}

// --- heads ---

Answer HttpExchange::next_head() {
    while (phase_ == Phase::waiting) {
        StreamItem* item = stream()->front();
        if (item == nullptr) {
            if (const mux::StreamEnd stream_end = stream()->stream_end()) {
                const bool was_aborted = stream_end.kind == mux::StreamEnd::Kind::aborted;
                fail(was_aborted ? reset_failure(stream_end.code, placement_.facts()) : lost_failure());
            } else if (stream()->park_receive()) {
                return {};
            }
        } else if (item->kind == StreamItem::Kind::reset) {
            fail(retries_.awaits_delivery_report() ? closed_failure(stream()->nothing_delivered())
                                                   : reset_failure(item->code, placement_.facts()));
        } else if (item->kind == StreamItem::Kind::fin) {
            if (retries_.await_delivery_report()) {
                stream()->drop_front();
                at_.edge.wheel.set_after(*this, limits::http_count_follows);
            } else {
                fail(closed_failure(false));
            }
        } else if (read_head(*item)) {
            return produce_head();
        }
    }
    return next_piece();
}

// Reads bytes of a head; true when it is complete. Its bytes then stay where they are until the next call.
bool HttpExchange::read_head(const StreamItem& item) {
    using Progress = ResponseReader::Progress;
    if (item.slice.empty()) {
        stream()->consume(0);
        return false;
    }
    const Progress progress = response_.read_head(*stream(), item, request_.context);
    if (progress == Progress::complete && retries_.is_idle_timeout(response_.head())) {
        response_.forget_head(nullptr, true);
        fail(idle_failure());
        return false;
    }
    if (progress != Progress::more || !stream()->reused()) {  // otherwise it may still be such a 408
        sender_.forget_copy();
    }
    timer_.progress();
    record_.mark(AccessRecord::Phase::first_byte, timer_.last_progress());
    if (progress == Progress::refused) {
        const http::Refusal refusal = response_.refusal();
        fail({{PageState::backend_broken, refusal.code, refusal.text}});
    }
    return progress == Progress::complete;
}

Answer HttpExchange::produce_head() {
    const http::ResponseHead& head = response_.head();
    http::Edits& edits = at_.edge.new_edits();
    const bool has_only_trailers = at_.visitor.http2 && request_.is_grpc && is_trailers_only(head);
    if (!request_.forwarded) {  // otherwise the other member has done it
        const bool fits = edit_answer(head, at_, rewriting_, has_only_trailers, edits);
        check(fits, "the fields that the edge adds fit into the edits");
    }
    if (head.is_interim()) {
        if (head.status == 100) {
            upload_.stop_awaiting_continue();
        }
        if (!retries_.count_interim()) {
            fail({{PageState::backend_broken, "too_many_interim", "the backend sends too many interim responses"}});
            return next_piece();
        }
        return Answer::head_of(head, edits, has_only_trailers, false);
    }
    placement_.put_member(edits);
    if (head.switches && (!upload_.has_ended() || upload_.is_with_plugins())) {
        fail({{PageState::backend_broken, "switched_early",
               "the backend switched protocols before the request was complete"}});
        return next_piece();
    }
    if (plugins_.run() && !plugins_pass({head.status, hooks::Origin::backend, &head.fields, &edits, head.switches},
                                        Phase::held_head, edits)) {
        return phase_ == Phase::held_head ? Answer{} : next_piece();
    }
    constexpr std::uint16_t least_5xx = 500;
    placement_.record_outcome(head.status < least_5xx ? directory::MemberOutcome::success
                                                      : directory::MemberOutcome::response_5xx);
    const bool length_is_unknown =
        plugins_.run() && download_.begin(head.body.kind != http::BodyKind::none, head.status);
    record_.answer(head.status);
    upload_.stop_awaiting_continue();
    if (!download_.is_gathered()) {
        response_.begin_body();
    }
    enter(Phase::answering);
    Deadline::cancel();
    constexpr std::uint16_t unauthorized = 401;
    if (head.status == unauthorized && offers_connection_login(head.fields)) {
        request_.binds_connection = true;
    }
    if (head.switches) {
        enter(Phase::switched);
        EdgeCounters::add(at_.edge.counters.upgrades);
        timer_.watch_idle();
    }
    return Answer::head_of(head, edits, has_only_trailers, length_is_unknown);
}

// Passes the head of a response through the plugins, and adds their changes to `edits`. False if it is held, or another
// response replaces it.
bool HttpExchange::plugins_pass(const hooks::AnswerView& answer, Phase held, http::Edits& edits) {
    const bool has_local_body = request_.context.method != http::Method::head && Download::may_have_body(answer.status);
    const hooks::Step step =
        held == Phase::held_head
            ? plugins_.pass(answer, edits)
            : plugins_.pass_local(answer, has_local_body ? std::string_view(local_.body()) : std::string_view(), edits);
    switch (step) {
        case hooks::Step::go_on:
            return true;
        case hooks::Step::answer:
            drop_backend();
            answer_locally(plugins_.run()->take_reply());
            return false;
        case hooks::Step::wait:
            enter(held);
            if (held == Phase::held_head) {
                response_.hold_head(*stream());
            }
            at_.edge.wheel.set(*this, plugins_.run()->wait_until());
            return false;
        case hooks::Step::collect:
            enter(Phase::gathering);
            download_.begin_gathering();
            at_.edge.wheel.set(*this, at_.now() + request_.settings.first_byte);
            return false;
    }
    return false;
}

Answer HttpExchange::next_gathered() {
    const AnswerPiece piece = download_.gather();
    if (piece.kind == AnswerPiece::Kind::nothing) {
        return {};
    }
    if (piece.kind == AnswerPiece::Kind::broken) {
        fail({{PageState::backend_broken, {}, piece.why}});
        return next_piece();
    }
    Deadline::cancel();
    enter(Phase::held_head);
    return next_piece();
}

std::string_view HttpExchange::answer_trailers(const http::Fields& trailers) {
    const TrailerRules rules{request_.service->description().rules.response_headers, plugins_.run().get(),
                             &hooks::HttpRun::put_response};
    return write_trailers(trailers, rules, response_.connection_options(), at_.edge);
}

// --- the body ---

Answer HttpExchange::produce_piece(AnswerPiece piece) {
    switch (piece.kind) {
        case AnswerPiece::Kind::nothing:
            break;
        case AnswerPiece::Kind::later: {
            Answer later;
            later.kind = Answer::Kind::later;
            return later;
        }
        case AnswerPiece::Kind::data:
            if (phase_ == Phase::switched) {
                timer_.progress();
            }
            return Answer::data_of(std::move(piece.data));
        case AnswerPiece::Kind::end:
            return end_body();
        case AnswerPiece::Kind::broken:
            return cut(piece.why, piece.code);
    }
    return {};
}

Answer HttpExchange::end_body() {
    const Phase was = phase_;
    enter(Phase::done);
    if (was == Phase::page_body) {
        return next_piece();
    }
    Deadline::cancel();
    if (was == Phase::switched) {
        placement_.close();
        return next_piece();
    }
    if (is_request_sent()) {
        placement_.finish(response_.keeps_connection());
    } else {
        drop_backend();  // the rest of the request must not become another request
    }
    return Answer::end_of(response_.trailers());
}

Answer HttpExchange::cut(std::string_view why, Code code) {
    enter(Phase::broken);
    cut_code_ = code;
    Deadline::cancel();
    drop_backend();
    EdgeCounters::add(at_.edge.counters.answers_cut);
    static constexpr LogCategory answer_cut{"answer_cut"};
    if (at_.edge.log.may_write(LogLevel::warn, answer_cut, at_.now())) {
        at_.edge.log.warn("a response was aborted", {{"request", request_.id},
                                                     {"visitor", at_.visitor.address},
                                                     {"host", request_.host},
                                                     {"service", request_.service_name()},
                                                     {"why", why}});
    }
    return next_piece();
}

// --- responses of the edge's own ---

void HttpExchange::refuse(PageState state, std::string_view code, std::string_view why, http::Method method) {
    request_.context.method = method;
    if (request_.id.empty()) {
        request_.id = at_.edge.new_request_id();
        record_.begin(nullptr);
    }
    drop_backend();
    answer_locally(Refusal{state, code, why});
}

Answer HttpExchange::produce_page_head() {
    http::Edits& edits = at_.edge.new_edits();
    local_.put_fields(edits);
    if (plugins_.run()) {
        if (!plugins_pass({local_.status(), local_.origin(), nullptr, &edits, false}, Phase::held_page, edits)) {
            return phase_ == Phase::held_page ? Answer{} : next_piece();
        }
        plugins_.run()->drop_collected(hooks::Side::response);  // the body is complete as well
    }
    Deadline::cancel();
    Answer answer;
    answer.kind = Answer::Kind::head;
    answer.edits = &edits;
    answer.status = local_.status();
    record_.answer(local_.status());
    answer.is_trailers_only = at_.visitor.http2 && local_.speaks_grpc();
    enter(Phase::page_body);
    const bool is_head = request_.context.method == http::Method::head;
    answer.length_is_unknown = plugins_.run() && download_.begin(!is_head, local_.status());
    constexpr std::uint16_t not_modified = 304;  // a length would be that of the visitor's copy
    if (is_head && local_.status() != not_modified) {
        answer.content_length = local_.body().size();
        enter(Phase::done);
    } else {
        answer.body = local_.status() == not_modified ? http::Body() : http::Body::of_length(local_.body().size());
    }
    return answer;
}

Answer HttpExchange::produce_page_body() {
    if (download_.is_with_plugins()) {
        return produce_piece(download_.next_local(local_.body()));
    }
    enter(Phase::done);
    if (local_.body().empty()) {
        return next_piece();
    }
    return Answer::data_of(buffer::Slice::copy_of(as_bytes(local_.body())));
}

}  // namespace ferrotunnel::exchange
