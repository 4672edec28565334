#include "exchange/download.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/limits.hpp"
#include "exchange/exchange_plugins.hpp"

namespace ferrotunnel::exchange {

using hooks::BodyFilters;
using hooks::Side;
using PieceKind = AnswerPiece::Kind;

namespace {

/// How much is fed to plugins that transform a response before others have their turn: a few milliseconds of
/// compressing.
constexpr std::size_t fed_in_round_max = 128 * 1024;

AnswerPiece failed_piece() {
    return {PieceKind::broken, {}, "a plugin failed on the body of a response"};
}

}  // namespace

// --- before the head is given out ---

void Download::begin_gathering() {
    if (!gathered_) {
        gathered_.emplace();
        needs_.response.set_head_aside(*needs_.stream);
        needs_.response.begin_body();
    }
}

// The piece that exceeds the limit follows what was collected.
Download::Piece Download::gather() {
    while (true) {
        Piece piece{PieceKind::data, std::exchange(gathered_->rest, {})};
        if (piece.data.empty()) {
            piece = needs_.response.next(*needs_.stream);
        }
        if (piece.kind == PieceKind::end) {
            needs_.run->collect_end();
        }
        if (piece.kind != PieceKind::data) {
            return piece;
        }
        if (const hooks::Collected result = needs_.run->collect(as_text(piece.data.bytes()));
            result != hooks::Collected::kept) {
            gathered_->rest = std::move(piece.data);
            needs_.run->collect_failed(reason_of(result));
            return {PieceKind::end};
        }
    }
}

void Download::stop_gathering() noexcept {
    needs_.run->collect_failed("the response body did not arrive in time");
}

// The next piece of the backend's response, starting with what was collected.
Download::Piece Download::next_gathered() {
    const std::string_view piece =
        needs_.run->collected(Side::response).substr(gathered_->at, limits::data_payload_max);
    if (!piece.empty()) {
        gathered_->at += piece.size();
        return {PieceKind::data, buffer::Slice::copy_of(as_bytes(piece))};
    }
    needs_.run->drop_collected(Side::response);
    gathered_->at = 0;
    if (!gathered_->rest.empty()) {
        return {PieceKind::data, std::exchange(gathered_->rest, {})};
    }
    return needs_.response.next(*needs_.stream);
}

// --- the body ---

bool Download::begin(bool has_body, std::uint16_t status) noexcept {
    constexpr std::uint16_t not_modified = 304;
    BodyFilters* const filters = may_have_body(status) ? needs_.run->body(Side::response) : nullptr;
    filters_ = has_body && status != not_modified ? filters : nullptr;
    return filters != nullptr && filters->changes();
}

// The next piece of the body as made by the edge.
Download::Piece Download::next_of_local(std::string_view body) {
    const std::string_view piece = body.substr(local_at_, limits::data_payload_max);
    if (piece.empty()) {
        return {PieceKind::end};
    }
    local_at_ += piece.size();
    return {PieceKind::data, buffer::Slice::copy_of(as_bytes(piece))};
}

Download::Piece Download::next_from_filters(const std::string_view* local) {
    if (filters_->changes()) {
        return next_changed(local);
    }
    Piece piece = next_of_source(local);
    if (piece.kind == PieceKind::end || piece.kind == PieceKind::data) {
        filters_->observe(as_text(piece.data.bytes()), piece.kind == PieceKind::end);
    }
    return filters_->state() == BodyFilters::State::failed ? failed_piece() : std::move(piece);
}

// The next piece of the plugins' output; they are fed as far as needed for this piece. Much input may give little
// output, and may take its time: other visitors have a turn in between.
Download::Piece Download::next_changed(const std::string_view* local) {
    while (true) {
        if (buffer::Slice made = filters_->take(); !made.empty()) {
            return {PieceKind::data, std::move(made)};
        }
        if (filters_->state() != BodyFilters::State::open) {
            return filters_->state() == BodyFilters::State::failed ? failed_piece() : Piece{PieceKind::end};
        }
        check(!filters_have_end_, "a body transformation delivers all of its output");
        if (fed_in_round_ >= fed_in_round_max) {
            fed_in_round_ = 0;
            return {PieceKind::later};
        }
        Piece piece = next_of_source(local);
        if (piece.kind == PieceKind::nothing && filters_->flush()) {
            continue;
        }
        if (piece.kind == PieceKind::nothing || piece.kind == PieceKind::broken) {
            return piece;
        }
        fed_in_round_ += piece.data.size();
        filters_have_end_ = piece.kind == PieceKind::end;
        filters_->put(as_text(piece.data.bytes()), filters_have_end_);
    }
}

}  // namespace ferrotunnel::exchange
