#include "exchange/response_reader.hpp"

#include <algorithm>
#include <utility>

#include "http/chunked.hpp"

namespace ferrotunnel::exchange {

using http::BodyState;
using mux::StreamItem;

ResponseReader::Progress ResponseReader::read_head(BackendStream& backend, const StreamItem& item,
                                                   const http::ResponseContext& context) {
    const std::string_view bytes = as_text(item.slice.bytes());
    if (!parser_) {
        parser_ = worker_.acquire_response_parser();
        parser_->reset(context);
    }
    const std::size_t before = head_bytes_.size();
    std::string_view all = bytes;
    if (before > 0) {
        all = head_bytes_.append(bytes);
    }
    switch (parser_->parse(all)) {
        case http::ParseState::more:
            if (before == 0) {
                head_bytes_ = bytes;
            }
            backend.consume(item.slice.size());
            return Progress::more;
        case http::ParseState::complete:
            pending_consume_ = static_cast<std::uint32_t>(parser_->size() - before);
            has_head_ = true;
            return Progress::complete;
        case http::ParseState::refused:
            break;
    }
    return Progress::refused;
}

// A waiting stream releases the slab that its bytes arrived in, and keeps a copy (mux::Compactor): the head still
// points to the slab, which sharing keeps alive.
void ResponseReader::hold_head(BackendStream& backend) {
    const StreamItem* item = backend.peek();
    if (held_.empty() && pending_consume_ > 0 && item != nullptr) {
        held_ = item->slice.share(0, item->slice.size());
    }
}

void ResponseReader::set_head_aside(BackendStream& backend) {
    hold_head(backend);
    backend.consume(std::exchange(pending_consume_, 0));
}

void ResponseReader::forget_head(BackendStream* backend, bool more) {
    has_head_ = false;
    held_ = {};
    head_bytes_.clear();
    if (backend != nullptr && backend->state() == BackendStream::State::busy && pending_consume_ > 0) {
        backend->consume(pending_consume_);
    }
    pending_consume_ = 0;
    if (more) {
        parser_->reset();
    } else {
        head_bytes_.shrink_to_fit();
        worker_.release_parser(std::move(parser_));
    }
}

void ResponseReader::begin_body() {
    const http::ResponseHead& head = parser_->head();
    keeps_connection_ = head.keep_alive;
    body_ = http::BodyReader(head.body);
    if (head.body.kind == http::BodyKind::chunked) {
        connection_options_ = http::connection_names(head.fields);
    }
}

ResponseReader::Piece ResponseReader::next(BackendStream& backend) {
    using Kind = Piece::Kind;
    while (body_.state() == BodyState::more) {
        StreamItem* item = backend.front();
        if (item == nullptr) {
            if (backend.stream_end()) {
                return {Kind::broken, {}, "the stream to the backend ended before the response was complete"};
            }
            if (backend.park_receive()) {
                return {};
            }
            continue;
        }
        if (item->kind == StreamItem::Kind::fin) {
            if (!body_.end_of_input()) {
                return {Kind::broken, {}, "the backend closed the connection before the response was complete"};
            }
            break;
        }
        if (item->kind != StreamItem::Kind::data) {
            return {Kind::broken, {}, "the backend reset the connection before the response was complete", item->code};
        }
        const std::string_view bytes = as_text(item->slice.bytes()).substr(0, backend.take_max());
        const http::BodyReader::Piece piece = body_.next(bytes);
        Piece found;
        if (!piece.payload.empty()) {
            found.kind = Kind::data;
            found.data = item->slice.share(static_cast<std::uint32_t>(piece.payload.data() - bytes.data()),
                                           static_cast<std::uint32_t>(piece.payload.size()));
        }
        backend.consume(static_cast<std::uint32_t>(piece.consumed));
        if (body_.state() == BodyState::refused) {
            return {Kind::broken, {}, body_.refusal().text};
        }
        if (found.kind == Kind::data) {
            return found;
        }
    }
    return {Kind::end};
}

ResponseReader::Piece ResponseReader::next_raw(BackendStream& backend) {
    using Kind = Piece::Kind;
    while (true) {
        StreamItem* item = backend.front();
        if (item == nullptr) {
            if (backend.stream_end()) {
                return {Kind::broken, {}, "the stream to the backend ended"};
            }
            if (backend.park_receive()) {
                return {};
            }
            continue;
        }
        if (item->kind == StreamItem::Kind::fin) {
            return {Kind::end};
        }
        if (item->kind != StreamItem::Kind::data) {
            return {Kind::broken, {}, "the backend reset the connection", item->code};
        }
        const auto size = static_cast<std::uint32_t>(std::min<std::size_t>(item->slice.size(), backend.take_max()));
        Piece found{Kind::data, item->slice.share(0, size)};
        backend.consume(size);
        if (!found.data.empty()) {
            return found;
        }
    }
}

}  // namespace ferrotunnel::exchange
