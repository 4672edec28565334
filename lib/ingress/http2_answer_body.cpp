#include "ingress/http2_answer_body.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "h2/answer_fields.hpp"

namespace ferrotunnel::ingress {

void Http2AnswerBody::enter(State next) noexcept {
    assert(state_ == State::flowing || state_ == State::asleep);
    state_ = next;
}

void Http2AnswerBody::end(std::unique_ptr<std::string> trailers) noexcept {
    enter(State::ended);
    trailers_ = std::move(trailers);
}

void Http2AnswerBody::fail(std::uint32_t code) noexcept {
    enter(State::broken);
    code_ = code;
}

h2::Supply Http2AnswerBody::supply_fetched(std::size_t most) {
    h2::Supply supply;
    if (data_.empty() && state_ == State::broken) {
        supply.kind = h2::Supply::Kind::broken;
        supply.code = code_;
        return supply;
    }
    if (data_.empty() && state_ != State::ended) {
        enter(State::asleep);
        return supply;
    }
    supply.kind = h2::Supply::Kind::bytes;
    supply.size = std::min<std::size_t>(data_.size(), most);
    supply.is_end = state_ == State::ended && supply.size == data_.size() && ahead_.empty();
    if (supply.is_end && trailers_) {
        h2::read_trailers({trailers_->data(), trailers_->size()}, supply.trailers);
    }
    return supply;
}

buffer::Slice Http2AnswerBody::take(std::size_t size) noexcept {
    buffer::Slice taken = data_.empty() ? buffer::Slice() : data_.take_front(static_cast<std::uint32_t>(size));
    if (data_.empty()) {
        data_ = std::exchange(ahead_, {});
    }
    return taken;
}

bool Http2AnswerBody::wake() noexcept {
    const bool was_asleep = state_ == State::asleep;
    if (was_asleep) {
        enter(State::flowing);
    }
    return was_asleep;
}

}  // namespace ferrotunnel::ingress
