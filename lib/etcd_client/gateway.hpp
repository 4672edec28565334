// Requests to etcd's gateway in HTTP.
#pragma once

#include <string>
#include <utility>

#include "etcd/requests.hpp"
#include "fetch/message.hpp"

namespace ferrotunnel::etcd {

/// All posts may arrive twice: those that change something are conditional, or say the same again.
inline fetch::Request gateway_request(fetch::Destination to, Post post, const std::string& token) {
    fetch::Request request;
    request.to = std::move(to);
    request.method = "POST";
    request.path = std::move(post.path);
    request.fields = {{"Content-Type", "application/json"}, {"Accept-Encoding", "identity"}};
    if (!token.empty()) {
        request.fields.emplace_back("Authorization", token);
    }
    request.body = std::move(post.body);
    request.has_body = true;
    request.may_repeat = true;
    return request;
}

}  // namespace ferrotunnel::etcd
