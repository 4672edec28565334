// Messages of the register as bytes of a stream: each after its length in four bytes. Sans-IO.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "cluster/message.hpp"
#include "wire/control_error.hpp"

namespace ferrotunnel::peers {

/// A message with its length in front.
std::vector<std::uint8_t> frame_message(const cluster::Message& message);

/// Cuts received bytes into messages. It holds at most one incomplete message.
class MessageReader {
public:
    /// Reads from the front of `bytes`, and removes what it has read, up to the end of the next message. Nothing: more
    /// bytes are needed, and all of these were read. After an error it is of no further use.
    Result<std::optional<cluster::Message>, wire::ControlError> read(Bytes& bytes);

private:
    void fill(Bytes& bytes, std::size_t size);

    std::vector<std::uint8_t> held_;  // the length, then the message
};

}  // namespace ferrotunnel::peers
