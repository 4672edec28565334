// A request in its trace: whose trace it continues, what its backend receives, and its spans when it is over.
//
//   request  |-----------------------------------------------------------------|   the server's, below the visitor's
//   plugins     |------|                                                            if plugins handled it
//   trunk              |-----|                                                      until the backend accepts it
//   backend                  |------------------ first_byte -------------------|   the backend's own spans are below it
#pragma once

#include <optional>
#include <vector>

#include "access/entry.hpp"
#include "http/edits.hpp"
#include "http/fields.hpp"
#include "trace/context.hpp"
#include "trace/span.hpp"

namespace ferrotunnel::exchange {

/// The value of `traceparent`; empty if there is none, more than one, or none that is valid.
std::optional<trace::Traceparent> parent_of(const http::Fields& fields);

/// Sets `traceparent`, whose text is in `room`, and removes a `tracestate` that is invalid or belongs to no continued
/// trace. False if there is no room.
bool put_trace(const trace::Context& context, const http::Fields& fields, trace::Traceparent::Text& room,
               http::Edits& edits);

/// Measured from the arrival of the request.
struct PluginTimes {
    std::optional<Duration> asked;    // empty without plugins
    std::optional<Duration> decided;  // one has responded
};

/// The spans of a finished request. The query of its target is not in them.
std::vector<trace::Span> spans_of(const access::Entry& entry, const trace::Context& context,
                                  const PluginTimes& plugins);

}  // namespace ferrotunnel::exchange
