#include "plugin/body_collection.hpp"

#include <algorithm>
#include <exception>

#include "base/limits.hpp"

namespace ferrotunnel::plugin {

BodyCollection::BodyCollection(const RunContext& at, const http::Body& request) noexcept
    : at_(at), sides_{{{CollectedBody(at.chain.collected())}, {CollectedBody(at.chain.collected())}}} {
    sides_[FT_REQUEST].is_whole =
        request.kind == http::BodyKind::none || (request.kind == http::BodyKind::length && request.length == 0);
}

bool BodyCollection::collect(const CollectCallback& callback) noexcept {
    const bool is_now = at_.is_in_hook() && (at_.is_in(RunPhase::request) ||
                                             (at_.is_in(RunPhase::response) && !at_.position.answer.switches));
    if (!is_now || state_ != State::none) {
        return false;
    }
    callback_ = callback;
    callback_.max =
        callback.max == 0 ? limits::plugin_collect_default : std::min(callback.max, limits::plugin_collect_max);
    state_ = State::wanted;
    return true;
}

ft_decision BodyCollection::decide(ft_exchange* exchange) {
    const CollectCallback callback = callback_;
    const struct Released {
        const CollectCallback& callback;
        ~Released() { callback.release_user(); }
    } released{callback};
    state_ = State::decided;
    const std::string_view whole = bytes(side());
    return callback.then(exchange, callback.user, {whole.data(), whole.size()});
}

CollectCallback BodyCollection::take_callback() noexcept {
    state_ = State::none;
    return callback_;
}

void BodyCollection::drop() noexcept {
    failure_ = {};
    if (has_callback()) {
        take_callback().release_user();
    }
}

hooks::Collected BodyCollection::add(std::string_view piece) noexcept {
    try {
        return sides_[side()].body.add(piece, max());
    } catch (const std::exception&) {
        return hooks::Collected::no_room;
    }
}

void BodyCollection::drop_response() noexcept {
    drop_bytes(FT_RESPONSE);
    sides_[FT_RESPONSE].is_whole = false;
}

}  // namespace ferrotunnel::plugin
