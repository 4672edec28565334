#include "exchange/download.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/limits.hpp"
#include "exchange/exchange_plugins.hpp"

namespace ferrotunnel::exchange {

using hooks::BodyWay;
using hooks::Side;
using PieceKind = AnswerPiece::Kind;

namespace {

/// How much is fed to plugins that transform a response before others have their turn: a few milliseconds of
/// compressing.
constexpr std::size_t fed_in_round_max = 128 * 1024;

AnswerPiece failed_piece() {
    return {PieceKind::broken, {}, "a plugin has failed on the body of a response"};
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
    BodyWay* const way = may_have_body(status) ? needs_.run->body(Side::response) : nullptr;
    way_ = has_body && status != not_modified ? way : nullptr;
    return way != nullptr && way->changes();
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

Download::Piece Download::next_of_way(const std::string_view* local) {
    if (way_->changes()) {
        return next_changed(local);
    }
    Piece piece = next_of_source(local);
    if (piece.kind == PieceKind::end || piece.kind == PieceKind::data) {
        way_->look(as_text(piece.data.bytes()), piece.kind == PieceKind::end);
    }
    return way_->state() == BodyWay::State::failed ? failed_piece() : std::move(piece);
}

// The next piece of the plugins' output; they are fed as far as needed for that. Much input may give little output, and
// may take its time: other visitors have a turn in between.
Download::Piece Download::next_changed(const std::string_view* local) {
    while (true) {
        if (buffer::Slice made = way_->take(); !made.empty()) {
            return {PieceKind::data, std::move(made)};
        }
        if (way_->state() != BodyWay::State::open) {
            return way_->state() == BodyWay::State::failed ? failed_piece() : Piece{PieceKind::end};
        }
        check(!way_has_all_, "a body transformation delivers all of its output");
        if (fed_in_round_ >= fed_in_round_max) {
            fed_in_round_ = 0;
            return {PieceKind::later};
        }
        Piece piece = next_of_source(local);
        if (piece.kind == PieceKind::nothing && way_->flush()) {
            continue;
        }
        if (piece.kind == PieceKind::nothing || piece.kind == PieceKind::broken) {
            return piece;
        }
        fed_in_round_ += piece.data.size();
        way_has_all_ = piece.kind == PieceKind::end;
        way_->put(as_text(piece.data.bytes()), way_has_all_);
    }
}

}  // namespace ferrotunnel::exchange
