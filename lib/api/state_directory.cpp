#include "api/state_directory.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "api/server_tokens.hpp"
#include "directory/sticky.hpp"

namespace ferrotunnel::detail {

void StateDirectory::open(const ServerSettings& settings) {
    if (!settings.state_dir.empty() && !claims_) {
        directory::ClaimStore::Settings keeping{.directory = settings.state_dir};
        keeping.addresses = [this] { return needs_.shared->ports->addresses_beside(needs_.shared->tcp_bind); };
        claims_ = std::make_unique<directory::ClaimStore>(
            std::move(keeping), needs_.shared->registry, needs_.shared->http, needs_.shared->tokens.get(), needs_.log,
            looks_up_tokens(settings) || !settings.cluster.etcd.empty() ? needs_.shared->tokens.external() : nullptr);
        rename_tokens();
    }
    if (needs_.shared->sticky_key) {
        return;
    }
    if (settings.has_cluster) {
        return;  // ServerCluster::open() derives it from the cluster's key
    }
    std::string problem;
    needs_.shared->sticky_key = std::make_shared<const directory::StickyKey>(
        directory::load_or_make_sticky_key(settings.state_dir, needs_.random, problem));
    if (!problem.empty() && !settings.state_dir.empty()) {
        needs_.log.warn("visitors of groups with `sticky: cookie` lose their members when the server restarts",
                        {{"why", problem}});
    }
}

void StateDirectory::hold_ports(Duration hold) {
    if (!claims_ || hold == Duration::zero()) {
        return;
    }
    const login::AcceptedTokens tokens = needs_.shared->tokens.get();
    const std::shared_ptr<const directory::RightRules> rules = needs_.shared->registry->rules();
    std::size_t count = 0;
    for (const directory::ClaimRecord::Port& port : claims_->restored_ports()) {
        const auto token = std::ranges::find_if(*tokens, [&](const auto& one) { return one.token.id == port.owner; });
        std::optional<runtime::SocketAddress> at =
            port.address.empty() ? needs_.shared->tcp_bind : runtime::SocketAddress::from_ip(port.address, 0);
        if (token == tokens->end() || !at || rules->refuse_port(port.owner, port.port, token->ports) ||
            count == limits::ports_held_at_start_max) {
            continue;
        }
        at->set_port(port.port);
        ++count;
        if (port.transport == directory::Transport::udp) {
            (void)needs_.shared->ports->passed()->keep_datagrams(*at);
            continue;
        }
        runtime::Worker& worker = needs_.workers.at(count % needs_.workers.size());
        worker.post([shared = needs_.shared, &worker, owner = port.owner, at = *at] {
            (void)shared->ports->hold_known(owner, at, worker, shared->open_port);
        });
    }
    if (count != 0) {
        needs_.log.info("saved ports are open; visitors wait for their clients", {{"ports", count}});
    }
}

void StateDirectory::rename_tokens() {
    if (claims_) {
        claims_->set_names(renamed_tokens(needs_.shared->tokens.get()));
    }
}

void StateDirectory::write_now() {
    if (claims_) {
        claims_->write_now();
    }
}

void StateDirectory::finish() {
    if (claims_) {
        claims_->finish();
    }
}

}  // namespace ferrotunnel::detail
