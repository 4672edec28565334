// The head of a response as a visitor gets it: what an exchange has given out, written as HTTP/1.1 text. HTTP/2
// converts that text to its fields.
#pragma once

#include <span>

#include "exchange/http_exchange.hpp"
#include "http/head_writer.hpp"
#include "ingress/edge_worker.hpp"

namespace ferrotunnel::ingress {

/// The content of an interim head.
http::ResponseOut interim_head(const exchange::Answer& answer, http::Version visitor);
/// The content of the head; `keep`: the visitor and the edge both allow the connection to last.
http::ResponseOut answer_head(const exchange::Answer& answer, http::Version visitor, bool keep);
/// Writes it into the worker's head buffer, where it is valid until the next head.
std::span<char> written(EdgeWorker& edge, const http::ResponseOut& out);

}  // namespace ferrotunnel::ingress
