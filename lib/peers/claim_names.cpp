#include "peers/claim_names.hpp"

#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "cluster/limits.hpp"

namespace ferrotunnel::peers {
namespace {

using directory::Refusal;

constexpr char end_of_host = ' ';  // in cluster::Name

// The register's texts are fragments: "no link to the member b, which decides about the host app.example.com".
std::string sentence_of(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text + '.';
}

bool is_port_name(const cluster::Name& name) noexcept {
    return name.kind() == cluster::Name::Kind::tcp_port || name.kind() == cluster::Name::Kind::udp_port;
}

}  // namespace

Result<cluster::Name, Refusal> register_name(const directory::ClaimName& name) {
    if (name.is_port()) {
        return cluster::Name::of_port(name.port, name.transport == directory::Transport::udp);
    }
    if (name.path.size() > cluster::limits::path_max) {
        return Refusal{wire::Code::limit, "The path of the host " + printable(name.host, limits::http_host_text_max) +
                                              " has " + std::to_string(name.path.size()) +
                                              " bytes. In a cluster it can have " +
                                              std::to_string(cluster::limits::path_max) + ". Use a shorter path."};
    }
    if (!is_printable(name.path)) {
        return Refusal{wire::Code::unsupported, "The path of the host " +
                                                    printable(name.host, limits::http_host_text_max) +
                                                    " has characters that are not printable, which the members of a "
                                                    "cluster cannot share. Use another path."};
    }
    return cluster::Name::of_host(name.host, name.path);
}

std::optional<cluster::Name> register_name(const login::TokenId& token, std::string_view private_service) {
    if (private_service.size() > limits::service_name_max || !is_printable(private_service)) {
        return std::nullopt;
    }
    return cluster::Name::of_service(token, private_service);
}

directory::ClaimName claim_name(const cluster::Name& name) {
    const std::string_view rest = name.encoded().substr(1);
    if (is_port_name(name)) {
        const bool is_udp = name.kind() == cluster::Name::Kind::udp_port;
        return {static_cast<std::uint16_t>(std::stoul(std::string(rest))),
                is_udp ? directory::Transport::udp : directory::Transport::tcp};
    }
    const std::size_t end = rest.find(end_of_host);
    return {std::string(rest.substr(0, end)), std::string(rest.substr(end + 1))};
}

Result<std::vector<OwnedName>, Refusal> owned_names(const directory::ClusterClaims::Request& request) {
    std::vector<OwnedName> names;
    names.reserve(request.names.size() + 1);
    for (const directory::ClaimName& name : request.names) {
        Result<cluster::Name, Refusal> shared = register_name(name);
        if (!shared) {
            return shared.error();
        }
        names.push_back({std::move(*shared), {request.owner.first, request.owner.second}, request.terms});
    }
    if (!request.private_service.empty()) {
        std::optional<cluster::Name> shared = register_name(request.owner.first, request.private_service);
        if (!shared) {
            return Refusal{wire::Code::unsupported,
                           "The name of the private service is too long or not printable, so the members of the "
                           "cluster cannot share it. Use another name."};
        }
        names.push_back({std::move(*shared), {request.owner.first, {}}});
    }
    return names;
}

Refusal refusal_of(const cluster::ClaimRefused& refused) {
    if (!refused.is_temporary) {
        return {refused.code, sentence_of(refused.text)};
    }
    return {wire::Code::busy, sentence_of(refused.text) + " Services that exist continue. The client retries."};
}

Refusal refusal_of(const cluster::Revoked& revoked) {
    return {is_port_name(revoked.name) ? wire::Code::port_taken : wire::Code::name_taken, sentence_of(revoked.text)};
}

}  // namespace ferrotunnel::peers
