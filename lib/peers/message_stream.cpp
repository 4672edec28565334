#include "peers/message_stream.hpp"

#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "cluster/limits.hpp"

namespace ferrotunnel::peers {

using wire::Code;
using wire::ControlError;

namespace {

constexpr std::size_t length_bytes = 4;

}  // namespace

std::vector<std::uint8_t> frame_message(const cluster::Message& message) {
    const std::vector<std::uint8_t> payload = cluster::encode(message);
    check(payload.size() <= cluster::limits::message_max, "a message of the register fits its limit");
    std::vector<std::uint8_t> framed(length_bytes + payload.size());
    store_be<length_bytes>(framed.data(), payload.size());
    std::copy(payload.begin(), payload.end(), framed.begin() + length_bytes);
    return framed;
}

void MessageReader::fill(Bytes& bytes, std::size_t size) {
    const Bytes taken = bytes.first(std::min(bytes.size(), size - held_.size()));
    held_.insert(held_.end(), taken.begin(), taken.end());
    bytes = bytes.subspan(taken.size());
}

Result<std::optional<cluster::Message>, ControlError> MessageReader::read(Bytes& bytes) {
    if (held_.size() < length_bytes) {
        fill(bytes, length_bytes);
        if (held_.size() < length_bytes) {
            return std::optional<cluster::Message>();
        }
    }
    const std::uint64_t length = load_be<length_bytes>(held_.data());
    if (length == 0 || length > cluster::limits::message_max) {
        return ControlError{Code::limit, "a message of the register has " + std::to_string(length) + " bytes"};
    }
    fill(bytes, length_bytes + length);
    if (held_.size() < length_bytes + length) {
        return std::optional<cluster::Message>();
    }
    auto message = cluster::decode(Bytes(held_).subspan(length_bytes));
    held_.clear();
    if (!message) {
        return message.error();
    }
    return std::optional<cluster::Message>(std::move(*message));
}

}  // namespace ferrotunnel::peers
