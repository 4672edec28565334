// Keeps the beginning of one body, and searches it for secrets before it becomes visible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/records.hpp"
#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

class BodyRecorder {
public:
    /// Without a record nothing is kept.
    BodyRecorder() = default;
    /// `bytes_max` of the body are kept.
    BodyRecorder(std::shared_ptr<Record> record, bool of_request, std::string content_type, std::string codings)
        : record_(std::move(record)),
          type_(std::move(content_type)),
          codings_(std::move(codings)),
          of_request_(of_request) {}

    void add(std::string_view payload, Records& records, std::uint64_t bytes_max);
    /// `complete`: its end has passed.
    void finish(bool complete, Records& records, std::uint64_t bytes_max, const Secrets& secrets);

private:
    std::shared_ptr<Record> record_;
    std::string type_;
    std::string codings_;
    std::uint64_t passed_ = 0;
    std::uint64_t kept_ = 0;
    bool of_request_ = false;
    bool dropped_ = false;
};

/// The part of a body that may be kept.
struct Searched {
    std::string body;
    std::optional<std::string> original{};  // unmasked; empty: `body` is
    bool masked = false;
    bool decoded = false;
    bool cut = false;
    bool dropped = false;
};
Searched searched(std::string body, std::string_view content_type, std::string_view codings, std::uint64_t bytes_max,
                  const Secrets& secrets);

/// A message of a WebSocket, or an event of an event stream, whose lines of data may be anything.
std::string masked_message(std::string_view text, const Secrets& secrets);

}  // namespace ferrotunnel::inspect
