#include "inspect/http_tap.hpp"

#include <exception>
#include <utility>

#include "http/field_name.hpp"
#include "inspect/masked_head.hpp"
#include "inspect/masked_text.hpp"

namespace ferrotunnel::inspect {
namespace {

using http::BodyState;
using http::FieldName;
using http::ParseState;

// The widest that a server's edge can be set to: whatever has passed it is worth recording.
constexpr http::HeadLimits widest{limits::http_head_settable_max, limits::http_line_settable_max,
                                  limits::http_fields_max, limits::http_line_settable_max};

std::string text_of(const http::Fields& fields, FieldName name) {
    return std::string(fields.first(name).value_or(std::string_view()));
}

// Parses the received part of a head: in place, if all of it arrives at once. `part` has the earlier bytes.
template <typename Parser>
ParseState parse(Parser& parser, std::string& part, std::string_view bytes) {
    if (part.empty()) {
        const ParseState state = parser.parse(bytes);
        if (state == ParseState::more) {
            part = bytes;
        }
        return state;
    }
    part += bytes;
    return parser.parse(part);
}

}  // namespace

HttpTap::HttpTap(std::shared_ptr<Inspector> inspector, Origin origin)
    : inspector_(std::move(inspector)),
      origin_(std::move(origin)),
      request_parser_(widest, true),
      answer_parser_(widest) {}

// The connection continues, whatever happens in the tap.
template <typename Action>
void HttpTap::guarded(Action action) noexcept {
    if (state_ == State::stopped) {
        return;
    }
    try {
        action();
    } catch (const std::exception&) {
        state_ = State::stopped;
        record_.reset();
    }
}

template <typename Change>
void HttpTap::change(Change change) {
    if (record_) {
        record_->change(std::move(change));
    }
}

void HttpTap::to_backend(Bytes bytes, TimePoint now) noexcept {
    now_ = now;
    guarded([&] { read_request(as_text(bytes)); });
}

void HttpTap::from_backend(Bytes bytes, TimePoint now) noexcept {
    now_ = now;
    guarded([&] { read_answer(as_text(bytes)); });
}

void HttpTap::backend_ended(bool in_order, TimePoint now) noexcept {
    now_ = now;
    guarded([&] {
        backend_ = backend_ == Backend::connected ? Backend::ended : backend_;
        if (state_ == State::exchange && answer_ == Answer::begun && in_order && answer_reader_.end_of_input()) {
            end_answer(true);
        }
    });
}

void HttpTap::not_reached(std::string_view why, std::span<const Bytes> waiting, TimePoint now) noexcept {
    now_ = now;
    guarded([&] {
        backend_ = Backend::unreached;
        unreached_why_ = why;
        for (const Bytes& piece : waiting) {
            read_request(as_text(piece));
        }
    });
}

void HttpTap::over(TimePoint now) noexcept {
    now_ = now;
    guarded([&] {
        if (backend_ == Backend::unreached) {
            end_unreached();
        } else if (record_) {
            const bool is_complete = answer_ == Answer::over || state_ == State::upgraded;
            end_exchange(is_complete                  ? Exchange::State::complete
                         : backend_ == Backend::ended ? Exchange::State::backend_left
                                                      : Exchange::State::visitor_left);
        } else if (origin_.id != 0) {
            record_lost();  // a replay that was not accepted
        }
    });
    state_ = State::stopped;
    record_.reset();
}

void HttpTap::end_unreached() {
    if (record_) {
        end_exchange(Exchange::State::lost, std::move(unreached_why_));
    } else if (state_ == State::waiting && (origin_.id != 0 || inspector_->records().admits(now_))) {
        record_lost();
    }
}

// An exchange without a received head.
void HttpTap::record_lost() {
    Exchange lost;
    lost.id = origin_.id;
    lost.service = origin_.service;
    lost.backend = origin_.backend;
    lost.replay_of = origin_.replay_of;
    lost.state = Exchange::State::lost;
    lost.why = std::move(unreached_why_);
    lost.edge_status = status_if_lost();
    lost.began = origin_.at;
    lost.end = now_ - origin_.at;
    inspector_->records().begin(std::move(lost));
}

// A replay does not pass the edge, which therefore does not respond.
unsigned HttpTap::status_if_lost() const noexcept {
    constexpr unsigned bad_gateway = 502;
    return backend_ == Backend::unreached && origin_.replay_of == 0 ? bad_gateway : 0;
}

// --- to the backend ---

void HttpTap::read_request(std::string_view bytes) {
    while (!bytes.empty() && state_ != State::stopped) {
        if (state_ == State::upgraded) {
            read_upgraded(bytes, true);
            return;
        }
        if (state_ == State::waiting) {
            bytes.remove_prefix(read_request_head(bytes));
            continue;
        }
        if (request_over_) {
            stop_recording("another request arrived before the response was complete");
            return;
        }
        const http::BodyReader::Piece piece = request_reader_.next(bytes);
        bytes.remove_prefix(piece.consumed);
        request_body_.add(piece.payload, inspector_->records(), inspector_->settings().body);
        if (request_reader_.state() == BodyState::complete) {
            end_request(true);
        } else if (request_reader_.state() == BodyState::refused) {
            stop_recording(std::string(request_reader_.refusal().text));
        }
    }
}

// How many of the bytes belong to the head.
std::size_t HttpTap::read_request_head(std::string_view bytes) {
    const std::size_t before = request_part_.size();
    switch (parse(request_parser_, request_part_, bytes)) {
        case ParseState::more:
            return bytes.size();
        case ParseState::refused:
            stop_recording(std::string(request_parser_.refusal().text));
            return bytes.size();
        case ParseState::complete:
            break;
    }
    const std::size_t size = request_parser_.size();
    begin_exchange((before == 0 ? bytes : std::string_view(request_part_)).substr(0, size));
    std::string().swap(request_part_);
    request_parser_.reset();
    return size - before;
}

void HttpTap::begin_exchange(std::string_view raw) {
    const http::RequestHead& head = request_parser_.head();
    began_ = now_;
    state_ = State::exchange;
    request_over_ = has_events_ = false;
    answer_ = Answer::awaited;
    is_websocket_ = head.upgrade.has("websocket");
    answer_parser_.reset(http::ResponseContext::of(head));
    request_reader_ = http::BodyReader(head.body);
    request_body_ = {};
    answer_body_ = {};
    if (origin_.id != 0 || inspector_->records().admits(now_)) {  // a user who has sent a request again wants to see it
        record_request(raw);
    }
    if (request_reader_.state() == BodyState::complete) {
        end_request(true);
    }
}

void HttpTap::record_request(std::string_view raw) {
    const http::RequestHead& head = request_parser_.head();
    Masked masked = masked_head(raw, head.target.whole, head.fields, inspector_->settings().secrets);
    Exchange exchange;
    exchange.id = std::exchange(origin_.id, 0);
    exchange.replay_of = origin_.replay_of;
    exchange.service = origin_.service;
    exchange.backend = origin_.backend;
    exchange.visitor = origin_.visitor;
    exchange.began = now_;
    if (backend_ != Backend::unreached) {
        exchange.head_sent = Duration::zero();
    }
    exchange.request.head = std::move(masked.text);
    exchange.request.masked = exchange.request.head_masked = masked.has_masks;
    record_ = inspector_->records().begin(std::move(exchange));
    if (masked.has_masks) {
        inspector_->records().keep_original_head(*record_, raw);
    }
    request_body_ = BodyRecorder(record_, true, text_of(head.fields, FieldName::content_type),
                                 text_of(head.fields, FieldName::content_encoding));
}

void HttpTap::end_request(bool complete) {
    request_over_ = true;
    request_body_.finish(complete, inspector_->records(), inspector_->settings().body, inspector_->settings().secrets);
    if (complete && backend_ != Backend::unreached) {
        change([&](Exchange& exchange) { exchange.request_sent = since_begin(); });
    }
    if (answer_ == Answer::over) {
        end_exchange(Exchange::State::complete);
    }
}

// --- from the backend ---

void HttpTap::read_answer(std::string_view bytes) {
    while (!bytes.empty() && state_ != State::stopped) {
        if (state_ == State::upgraded) {
            read_upgraded(bytes, false);
            return;
        }
        if (state_ == State::waiting || answer_ == Answer::over) {
            stop_recording("the backend sent data without a request");
            return;
        }
        if (answer_ == Answer::awaited) {
            answer_ = Answer::receiving;
            change([&](Exchange& exchange) { exchange.first_byte = since_begin(); });
        }
        if (answer_ == Answer::receiving) {
            bytes.remove_prefix(read_answer_head(bytes));
            continue;
        }
        const http::BodyReader::Piece piece = answer_reader_.next(bytes);
        bytes.remove_prefix(piece.consumed);
        read_body(piece.payload);
        if (answer_reader_.state() == BodyState::complete) {
            end_answer(true);
        } else if (answer_reader_.state() == BodyState::refused) {
            stop_recording(std::string(answer_reader_.refusal().text));
        }
    }
}

std::size_t HttpTap::read_answer_head(std::string_view bytes) {
    const std::size_t before = answer_part_.size();
    switch (parse(answer_parser_, answer_part_, bytes)) {
        case ParseState::more:
            return bytes.size();
        case ParseState::refused:
            stop_recording(std::string(answer_parser_.refusal().text));
            return bytes.size();
        case ParseState::complete:
            break;
    }
    const std::size_t size = answer_parser_.size();
    if (!answer_parser_.head().is_interim()) {
        begin_answer((before == 0 ? bytes : std::string_view(answer_part_)).substr(0, size));
    }
    std::string().swap(answer_part_);
    answer_parser_.reset();
    return size - before;
}

void HttpTap::begin_answer(std::string_view raw) {
    const http::ResponseHead& head = answer_parser_.head();
    if (record_) {
        record_answer(raw);
    }
    answer_ = Answer::begun;
    if (head.switches) {
        if (!request_over_) {
            end_request(false);
        }
        state_ = State::upgraded;
        messages_ = std::make_unique<Messages>();
        messages_->stopped = !record_ || !is_websocket_ || head.status != 101;
        return;
    }
    answer_reader_ = http::BodyReader(head.body);
    if (answer_reader_.state() == BodyState::complete) {
        end_answer(true);
    }
}

void HttpTap::record_answer(std::string_view raw) {
    const http::ResponseHead& head = answer_parser_.head();
    Masked masked = masked_head(raw, {}, head.fields, inspector_->settings().secrets);
    const bool has_room = inspector_->records().grow(*record_, masked.text.size());
    record_->change([&](Exchange& exchange) {
        exchange.answer.masked = exchange.answer.head_masked = masked.has_masks;
        if (has_room) {
            exchange.answer.head = std::move(masked.text);
        }
        exchange.upgraded = head.switches;
    });
    if (head.switches) {
        BodyRecorder(record_, false, {}, {}).finish(true, inspector_->records(), 0, inspector_->settings().secrets);
        return;
    }
    std::string type = text_of(head.fields, FieldName::content_type);
    std::string codings = text_of(head.fields, FieldName::content_encoding);
    has_events_ = codings.empty() && media_type_of(type) == "text/event-stream";
    if (has_events_) {
        messages_ = std::make_unique<Messages>();
    }
    answer_body_ = BodyRecorder(record_, false, std::move(type), std::move(codings));
}

void HttpTap::read_body(std::string_view bytes) {
    // The events of a stream are shown one by one as they arrive, and not as one body at its end.
    answer_body_.add(bytes, inspector_->records(), has_events_ ? 0 : inspector_->settings().body);
    if (has_events_) {
        messages_->events.feed(bytes, [this](Message&& message) { add_message(std::move(message), false); });
    }
}

void HttpTap::end_answer(bool complete) {
    answer_ = Answer::over;
    answer_body_.finish(complete, inspector_->records(), has_events_ ? 0 : inspector_->settings().body,
                        inspector_->settings().secrets);
    if (request_over_) {
        end_exchange(Exchange::State::complete);
    }
}

// --- both ---

void HttpTap::end_exchange(Exchange::State state, std::string why) {
    const Inspector::Settings& settings = inspector_->settings();
    if (!request_over_) {
        request_body_.finish(false, inspector_->records(), settings.body, settings.secrets);
    }
    if (answer_ == Answer::begun && state_ == State::exchange) {
        answer_body_.finish(false, inspector_->records(), has_events_ ? 0 : settings.body, settings.secrets);
    }
    change([&](Exchange& exchange) {
        exchange.state = state;
        exchange.why = std::move(why);
        exchange.edge_status = state == Exchange::State::lost ? status_if_lost() : 0;
        exchange.end = since_begin();
    });
    record_.reset();
    messages_.reset();
    state_ = State::waiting;
}

void HttpTap::read_upgraded(std::string_view bytes, bool by_visitor) {
    change([&](Exchange& exchange) { (by_visitor ? exchange.to_backend : exchange.from_backend) += bytes.size(); });
    if (messages_->stopped) {
        return;
    }
    WebSocketReader& reader = by_visitor ? messages_->by_visitor : messages_->by_backend;
    const bool understood = reader.feed(bytes, [&](Message&& message) { add_message(std::move(message), by_visitor); });
    messages_->stopped = !understood;
}

void HttpTap::add_message(Message&& message, bool by_visitor) {
    const Secrets& secrets = inspector_->settings().secrets;
    message.at = since_begin();
    message.by_visitor = by_visitor;
    message.text = masked_message(message.text, secrets);
    const auto cost = [](const Message& one) { return one.text.size() + sizeof(Message); };
    const bool has_room = inspector_->records().grow(*record_, cost(message));
    std::uint64_t freed = 0;
    record_->change([&](Exchange& exchange) {
        if (!has_room) {
            ++exchange.messages_left_off;
            return;
        }
        if (exchange.messages.size() == limits::inspect_messages_max) {
            freed = cost(exchange.messages.front());
            exchange.messages.erase(exchange.messages.begin());
            ++exchange.messages_left_off;
        }
        exchange.messages.push_back(std::move(message));
    });
    inspector_->records().shrink(*record_, freed);
}

// Nothing more of this connection is recorded; its data continues to pass.
void HttpTap::stop_recording(std::string why) {
    if (record_) {
        end_exchange(Exchange::State::not_http, std::move(why));
    }
    state_ = State::stopped;
    std::string().swap(request_part_);
    std::string().swap(answer_part_);
}

}  // namespace ferrotunnel::inspect
