#include "issuance/challenges.hpp"

#include <exception>
#include <utility>

#include "acme/alpn_certificate.hpp"
#include "issuance/limits.hpp"
#include "issuance/store_file.hpp"
#include "net/host_name.hpp"

namespace ferrotunnel::issuance {
namespace {

// A token has no dot, so it is never the name of such a file.
std::string alpn_file_name(std::string_view server_name) {
    return std::string(server_name) + ".pem";
}

// Only a host in normal form becomes part of a path: it has no slash and no empty label.
bool is_server_name(std::string_view text) {
    const auto normal = net::normal_host_name(text);
    return normal && normal.value() == text;
}

std::optional<std::string> read_answer(const std::filesystem::path& file) {
    auto text = read_store_file(file, limits::challenge_max);
    return text ? std::move(text.value()) : std::nullopt;
}

}  // namespace

std::string Challenges::publish(const acme::Challenge& challenge) {
    const bool is_alpn = challenge.way == acme::Way::tls_alpn_01;
    std::string key = is_alpn ? challenge.identifier.alpn_server_name() : challenge.token;
    if (is_alpn ? !is_server_name(key) : !acme::is_token(key)) {
        return is_alpn ? "the name cannot be a server name of TLS" : "the CA's token is not valid";
    }
    std::string answer = challenge.key_authorization;
    if (is_alpn) {
        try {
            answer = acme::make_alpn_certificate(challenge.identifier, challenge.key_authorization);
        } catch (const std::exception& problem) {
            return problem.what();
        }
    }
    std::string fault = write_store_file(folder_ / (is_alpn ? alpn_file_name(key) : key), answer);
    if (const auto cluster = cluster_.get();
        fault.empty() && cluster && !cluster->publish_answer(challenge.way, key, answer)) {
        fault = "the cluster has no room for the answer to the CA";
    }
    if (fault.empty()) {
        const MutexLock lock(mutex_);
        (is_alpn ? server_names_ : tokens_).insert_or_assign(std::move(key), std::move(answer));
    }
    return fault;
}

void Challenges::withdraw(const acme::Challenge& challenge) noexcept {
    try {
        const bool is_alpn = challenge.way == acme::Way::tls_alpn_01;
        const std::string key = is_alpn ? challenge.identifier.alpn_server_name() : challenge.token;
        if (is_alpn ? !is_server_name(key) : !acme::is_token(key)) {
            return;
        }
        {
            const MutexLock lock(mutex_);
            (is_alpn ? server_names_ : tokens_).erase(key);
        }
        remove_store_file(folder_ / (is_alpn ? alpn_file_name(key) : key));
        if (const auto cluster = cluster_.get()) {
            cluster->withdraw_answer(challenge.way, key);
        }
    } catch (const std::exception&) {  // no memory: the file is removed after the next start
    }
}

std::optional<std::string> Challenges::http_answer(std::string_view token) const {
    if (!acme::is_token(token)) {
        return {};
    }
    {
        const MutexLock lock(mutex_);
        if (const auto found = tokens_.find(token); found != tokens_.end()) {
            return found->second;
        }
    }
    return read_answer(folder_ / token);
}

std::optional<std::string> Challenges::alpn_answer(std::string_view server_name) const {
    if (!is_server_name(server_name)) {
        return {};
    }
    {
        const MutexLock lock(mutex_);
        if (const auto found = server_names_.find(server_name); found != server_names_.end()) {
            return found->second;
        }
    }
    return read_answer(folder_ / alpn_file_name(server_name));
}

}  // namespace ferrotunnel::issuance
