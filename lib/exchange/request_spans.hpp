// A request in its trace: whose trace it continues with, what its backend is told, and its spans when it is over.
//
//   request  |-----------------------------------------------------------------|   the server's, below the visitor's
//   plugins     |------|                                                            where plugins were asked
//   trunk              |-----|                                                      until the backend takes a
//   connection backend                  |------------------ first_byte -------------------|   the backend's own spans
//   are below it
#pragma once

#include <optional>
#include <vector>

#include "access/entry.hpp"
#include "http/edits.hpp"
#include "http/fields.hpp"
#include "trace/context.hpp"
#include "trace/span.hpp"

namespace ferrotunnel::exchange {

/// What `traceparent` says; nothing where there is none, more than one, or none that is valid.
std::optional<trace::Traceparent> parent_of(const http::Fields& fields);

/// Sets `traceparent`, whose text is in `room`, and takes away a `tracestate` that is invalid, or belongs to no trace
/// that continues. False: there is no room.
bool put_trace(const trace::Context& context, const http::Fields& fields, trace::Traceparent::Text& room,
               http::Edits& edits);

/// Since the request was there.
struct PluginTimes {
    std::optional<Duration> asked;    // nothing: there are none
    std::optional<Duration> decided;  // one has answered
};

/// The spans of a request that is over. The query of its target is not in them.
std::vector<trace::Span> spans_of(const access::Entry& entry, const trace::Context& context,
                                  const PluginTimes& plugins);

}  // namespace ferrotunnel::exchange
