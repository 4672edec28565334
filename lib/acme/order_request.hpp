// The request for a new order (RFC 8555, 7.4), with its profile and the certificate that it replaces (RFC 9773, 5).
//
//     begin -> request --refused, perhaps because of `replaces`--> request without it, once
#pragma once

#include <string>

#include "acme/order_task.hpp"
#include "acme/signed_requests.hpp"
#include "acme/step.hpp"

namespace ferrotunnel::acme {

class OrderRequest {
public:
    /// They outlive this.
    OrderRequest(const OrderSettings& settings, const Directory& directory, SignedRequests& requests)
        : settings_(settings), directory_(directory), requests_(requests) {}

    Step begin();
    /// After a response that is not a success.
    Step refused(const HttpReply& reply);
    /// What the last request named; may be empty.
    const std::string& replaces() const noexcept { return replaces_; }

private:
    Step request();

    const OrderSettings& settings_;
    const Directory& directory_;
    SignedRequests& requests_;
    std::string profile_{};
    std::string replaces_{};
    bool is_replaces_refused_ = false;
};

}  // namespace ferrotunnel::acme
