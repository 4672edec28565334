#include "wire/client_metadata.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wire/control_fields.hpp"

namespace ferrotunnel::wire {
namespace {

constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool is_metadata_key(std::string_view key) noexcept {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return letters_and_digits.find(c) != std::string_view::npos || c == '.' || c == '_' || c == '-';
    });
}

ControlError more_than(std::size_t most, std::string_view what) {
    return {Code::limit, "has more than " + std::to_string(most) + ' ' + std::string(what)};
}

/// The size of a map, pair by pair.
class MetadataSize {
public:
    /// What is wrong with the map when it has this pair, too.
    std::optional<ControlError> add(std::string_view key, std::string_view value) {
        bytes_ += key.size() + value.size();
        if (++pairs_ > limits::client_metadata_pairs_max) {
            return more_than(limits::client_metadata_pairs_max, "pairs");
        }
        if (bytes_ > limits::client_metadata_bytes_max) {
            return more_than(limits::client_metadata_bytes_max, "bytes in its keys and values");
        }
        return std::nullopt;
    }

private:
    std::size_t pairs_ = 0;
    std::size_t bytes_ = 0;
};

/// As fault_of() for one pair.
std::optional<ControlError> fault_of_pair(std::string_view key, std::string_view value) {
    if (key.size() > limits::client_metadata_key_max) {
        return more_than(limits::client_metadata_key_max, "bytes in a key");
    }
    if (!is_metadata_key(key)) {
        return ControlError{Code::protocol, "has the key " + in_quotes(printable(key, key.size())) +
                                                "; expected letters, digits and \"._-\""};
    }
    if (value.size() > limits::client_metadata_value_max) {
        return more_than(limits::client_metadata_value_max, "bytes in the value of " + in_quotes(key));
    }
    if (!is_printable(value)) {
        return ControlError{Code::protocol,
                            "has control characters, or bytes that are not UTF-8, in the value of " + in_quotes(key)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<ControlError> fault_of(const ClientMetadata& metadata) {
    MetadataSize size;
    for (const auto& [key, value] : metadata) {
        auto fault = fault_of_pair(key, value);
        fault = fault ? fault : size.add(key, value);
        if (fault) {
            return fault;
        }
    }
    return std::nullopt;
}

void write_client_metadata(cbor::Writer& writer, const ClientMetadata& metadata) {
    writer.map(metadata.size());
    for (const auto& [key, value] : metadata) {
        writer.text(key).text(value);
    }
}

// The size is checked before a pair is stored, so no more than the limit is ever stored.
void read_client_metadata(FieldReader& hello, ClientMetadata& metadata) {
    if (!hello.has("metadata")) {
        return;
    }
    const auto map = hello.map("metadata");
    if (!map) {
        return;
    }
    MetadataSize size;
    map->for_each_pair([&](std::string_view key, cbor::Item value) {
        const auto text = value.as_text();
        if (hello.failed()) {
            return;
        }
        if (!text) {
            hello.fail(Code::protocol, "metadata", " has a value that is not text");
            return;
        }
        auto fault = size.add(key, *text);
        fault = fault ? fault : fault_of_pair(key, *text);
        if (fault) {
            hello.fail(fault->code, "metadata", ' ' + fault->text);
            return;
        }
        metadata.emplace(key, *text);
    });
}

}  // namespace ferrotunnel::wire
