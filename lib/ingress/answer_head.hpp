// The head of an answer as a visitor gets it: what an exchange has given out, written as a text of HTTP/1.1. HTTP/2
// makes its fields of that text.
#pragma once

#include <span>

#include "exchange/http_exchange.hpp"
#include "http/head_writer.hpp"
#include "ingress/edge_worker.hpp"

namespace ferrotunnel::ingress {

/// What an interim head says.
http::ResponseOut interim_head(const exchange::Answer& answer, http::Version visitor);
/// What the head says; `keep`: the connection lasts, as far as the visitor and the edge are concerned.
http::ResponseOut answer_head(const exchange::Answer& answer, http::Version visitor, bool keep);
/// Writes it into the worker's room, which is good until the next head.
std::span<char> written(EdgeWorker& edge, const http::ResponseOut& out);

}  // namespace ferrotunnel::ingress
