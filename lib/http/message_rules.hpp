// Rules common to requests and responses once their fields are read: framing, Connection, and fields that belong to one
// connection only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/fields.hpp"
#include "http/head.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

/// The fields that have a meaning for the edge, found in one pass.
struct SpecialFields {
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::size_t encodings = 0;
    std::string_view host;  // the last of these fields; the next two likewise
    std::string_view length;
    std::string_view encoding;
    bool connection = false;
    bool expect = false;
    bool te = false;
    std::size_t upgrades = 0;
};

/// Finds these fields, and marks those that belong to one connection regardless of Connection.
SpecialFields find_special(Fields& fields) noexcept;

struct ConnectionOptions {
    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;
    bool well_formed = true;
    bool names_protected = false;  // names a field that frames, routes, authenticates or forwards
};

/// Reads every Connection field, and marks the fields that it names, except protected ones.
ConnectionOptions read_connection(Fields& fields) noexcept;

/// Reads a length: 1*DIGIT, up to 2^63-1.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

/// What is wrong with the only Transfer-Encoding; none for `chunked`.
Fault check_encoding(std::string_view value) noexcept;

/// Whether every element of the Expect fields is 100-continue.
bool expects_only_continue(const Fields& fields) noexcept;

/// Whether one of the fields of that name has `element` in its list.
bool list_contains(const Fields& fields, FieldName name, std::string_view element) noexcept;

/// Reads the offers of the Upgrade fields, without h2c, h2, HTTP and TLS of any version: the edge could not see what is
/// sent to the backend over such a connection. The offer is empty if the fields are not well-formed or too long.
void read_offer(const Fields& fields, UpgradeOffer& offer) noexcept;

/// Whether a 101 with these fields names at least one protocol, and only protocols of the offer.
bool accepts_offer(const Fields& fields, const UpgradeOffer& offer) noexcept;

}  // namespace ferrotunnel::http
