#include "exchange/upload.hpp"

#include <algorithm>
#include <string_view>

#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::exchange {

using hooks::BodyFilters;
using hooks::Side;

namespace {

buffer::Slice framed_copy(std::string_view bytes) {
    constexpr std::uint32_t header = limits::frame_header_bytes;
    buffer::SlabPtr slab = buffer::make_slab(header + static_cast<std::uint32_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), slab->data() + header);
    return {std::move(slab), header, static_cast<std::uint32_t>(bytes.size())};
}

}  // namespace

// --- from the visitor ---

bool Upload::accepts() const {
    if (!detour_ || (!detour_->is_collecting && !is_changed())) {
        return sender_.can_send();
    }
    return detour_->is_collecting || (sender_.has_stream() && detour_->filters->accepts());
}

Upload::Result Upload::put(buffer::Slice payload, bool headroom) {
    awaits_continue_ = false;
    bytes_ += payload.size();
    if (bytes_ > at_.request.settings.body_bytes_max) {
        return Result::too_large;
    }
    if (detour_) {
        return put_detour(std::move(payload), headroom);
    }
    sender_.send_body(std::move(payload), headroom);
    return Result::going;
}

Upload::Result Upload::put_detour(buffer::Slice payload, bool headroom) {
    const std::string_view bytes = as_text(payload.bytes());
    if (detour_->is_collecting) {
        const hooks::Collected result = run_->collect(bytes);
        return result == hooks::Collected::kept        ? Result::going
               : result == hooks::Collected::too_large ? Result::too_large_collected
                                                       : Result::no_room;
    }
    if (detour_->filters->changes()) {
        detour_->filters->put(bytes, false);
    } else {
        detour_->filters->observe(bytes, false);
        if (detour_->filters->state() != BodyFilters::State::failed) {
            detour_->has_begun = true;
            sender_.send_body(std::move(payload), headroom);
        }
    }
    return pass_detour();
}

// Data that filters hold back continues.
Upload::Result Upload::pause() {
    const bool flushes = detour_ && !detour_->is_collecting && is_changed() && !has_ended_ && detour_->filters->flush();
    return flushes ? pass_detour() : Result::going;
}

Upload::Result Upload::end(const http::Fields* trailers) {
    has_ended_ = true;
    awaits_continue_ = false;
    if (detour_) {
        return end_detour(trailers);
    }
    if (sender_.route() == RequestSender::Route::later) {
        has_early_end_ = true;
        early_trailers_ = trailers;
    } else {
        sender_.send_end(trailers, run_.get());
    }
    return Result::going;
}

Upload::Result Upload::end_detour(const http::Fields* trailers) {
    detour_->trailers = trailers;
    if (std::exchange(detour_->is_collecting, false)) {
        run_->collect_end();
        return Result::collected;
    }
    return pass_detour();
}

// --- to the sender ---

// With plugins that read the body, its end follows what they make of it.
void Upload::send_early_end() {
    if (!std::exchange(has_early_end_, false)) {
        return;
    }
    if (detour_) {
        detour_->trailers = early_trailers_;
    } else {
        sender_.send_end(early_trailers_, run_.get());
    }
}

Upload::Result Upload::collect(const http::Body& declared) {
    if (declared.kind == http::BodyKind::length && declared.length > run_->collect_max()) {
        return Result::too_large_declared;
    }
    detour_ = std::make_unique<Detour>();
    detour_->is_collecting = true;
    // A body that ended while the request waited has no bytes.
    return std::exchange(has_early_end_, false) ? end_detour(early_trailers_) : Result::going;
}

void Upload::prepare() {
    if (detour_) {
        detour_->is_collecting = false;
        at_.request.expects_continue = false;
    }
    BodyFilters* const filters = at_.request.body.kind == http::BodyKind::none ? nullptr : run_->body(Side::request);
    if (filters == nullptr) {
        return;
    }
    if (!detour_) {
        detour_ = std::make_unique<Detour>();
    }
    detour_->filters = filters;
    if (filters->changes()) {
        at_.request.body = {http::BodyKind::chunked, 0};
    }
}

Upload::Result Upload::pass_detour() {
    bool moves = true;
    while (moves && detour_ && !detour_->is_collecting) {
        if (detour_->filters != nullptr && detour_->filters->state() == BodyFilters::State::failed) {
            return Result::failed;
        }
        moves = sender_.can_send() && (is_changed() ? pass_changed() : pass_collected());
    }
    return Result::going;
}

std::string_view Upload::next_collected() const {
    return run_->collected(Side::request).substr(detour_->collected_at, limits::data_payload_max);
}

// Whether nothing follows this piece of what was collected.
bool Upload::is_last(std::string_view piece) const {
    return has_ended_ && detour_->collected_at + piece.size() == run_->collected(Side::request).size();
}

// Passes on a piece of the plugins' output. False if there is none now.
bool Upload::pass_changed() {
    Detour& detour = *detour_;
    if (buffer::Slice piece = detour.filters->take(); !piece.empty()) {
        detour.has_begun = true;
        sender_.send_body(std::move(piece), true);
        return true;
    }
    if (detour.filters->state() != BodyFilters::State::open) {
        if (detour.filters->state() == BodyFilters::State::ended) {
            finish();
        }
        return true;
    }
    const std::string_view piece = next_collected();
    const bool last = is_last(piece);
    if (detour.filters_have_end || (piece.empty() && !last)) {
        return false;
    }
    detour.collected_at += piece.size();
    detour.filters_have_end = last;
    detour.filters->put(piece, last);
    return true;
}

// Passes on a piece of what was collected, and shows it to plugins that read it. False if there is none.
bool Upload::pass_collected() {
    Detour& detour = *detour_;
    const std::string_view piece = next_collected();
    const bool last = is_last(piece);
    if (piece.empty() && !last) {
        return false;
    }
    if (detour.filters != nullptr) {
        detour.filters->observe(piece, last);
        if (detour.filters->state() == BodyFilters::State::failed) {
            return true;
        }
    }
    if (!piece.empty()) {
        detour.collected_at += piece.size();
        detour.has_begun = true;
        sender_.send_body(framed_copy(piece), true);
    }
    if (last) {
        finish();
    }
    return true;
}

void Upload::finish() {
    const std::unique_ptr<Detour> detour = std::move(detour_);
    run_->drop_collected(Side::request);
    sender_.send_end(detour->trailers, run_.get());
}

}  // namespace ferrotunnel::exchange
