#include "plugin/worker_plugins.hpp"

#include <algorithm>
#include <exception>

#include "http/field_name.hpp"
#include "plugin/http_chain_run.hpp"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {
namespace {

std::vector<const Scope*> scopes_of(const Chain& chain) {
    std::vector<const Scope*> scopes;
    for (const auto& instance : chain.instances) {
        scopes.push_back(&instance->scope());
    }
    return scopes;
}

// The free places. `taken` may exceed `most`, when a new chain of the worker allows fewer.
std::size_t left(std::size_t most, std::size_t taken) noexcept {
    return most - std::min(most, taken);
}

}  // namespace

std::vector<std::string> identity_of(const Chain& chain) {
    std::vector<std::string> fields;
    for (const auto& instance : chain.instances) {
        for (const std::string& name : instance->identity()) {
            const bool is_known = std::any_of(fields.begin(), fields.end(), [&name](const std::string& each) {
                return http::same_name_loosely(each, name);
            });
            if (!is_known) {
                fields.push_back(name);
            }
        }
    }
    return fields;
}

std::optional<std::string> fault_of(const Chain& chain) {
    const std::size_t fields = identity_of(chain).size();
    return fields <= limits::plugin_identity_max
               ? std::nullopt
               : std::optional("The plugins write " + std::to_string(fields) +
                               " request fields that are removed from visitors' requests; the limit is " +
                               std::to_string(limits::plugin_identity_max) + ".");
}

WorkerChain::WorkerChain(std::shared_ptr<const Chain> chain_in, WaitSettings waits_in,
                         std::shared_ptr<buffer::Mailbox> mailbox_in, IntrusivePtr<WorkerState> state_in)
    : chain(std::move(chain_in)),
      scopes(scopes_of(*chain)),
      identity(identity_of(*chain)),
      waits(waits_in),
      mailbox(std::move(mailbox_in)),
      state_(std::move(state_in)),
      waiting_of_(chain->instances.size()) {}

std::optional<WaitShares::iterator> WorkerChain::begin_wait(std::size_t instance, std::string_view token,
                                                            std::size_t head_bytes) noexcept {
    check_here(*mailbox);
    const std::size_t places =
        std::min(left(waits.waiting_max, state_->waiting), left((waits.waiting_max + 1) / 2, waiting_of_[instance]));
    const std::size_t bytes = left(limits::plugin_waiting_heads_max, state_->head_bytes);
    if (places == 0 || head_bytes > bytes) {
        return std::nullopt;
    }
    auto share = state_->shares.find(token);
    if (share == state_->shares.end()) {
        try {
            share = state_->shares.emplace(token, WaitShare()).first;
        } catch (const std::exception&) {  // no memory
            return std::nullopt;
        }
    } else if (share->second.waiting >= limits::plugin_waiting_share * places ||
               share->second.head_bytes >= limits::plugin_waiting_share * bytes) {
        return std::nullopt;
    }
    ++state_->waiting;
    ++waiting_of_[instance];
    ++share->second.waiting;
    state_->head_bytes += head_bytes;
    share->second.head_bytes += head_bytes;
    return share;
}

void WorkerChain::end_wait(std::size_t instance, WaitShares::iterator share, std::size_t head_bytes) noexcept {
    check_here(*mailbox);
    --state_->waiting;
    --waiting_of_[instance];
    state_->head_bytes -= head_bytes;
    share->second.head_bytes -= head_bytes;
    if (--share->second.waiting == 0) {
        state_->shares.erase(share);
    }
}

WorkerPlugins::WorkerPlugins(std::shared_ptr<const Chain> chain, WaitSettings waits,
                             std::shared_ptr<buffer::Mailbox> mailbox, IntrusivePtr<WorkerState> state)
    : chain_(make_intrusive<WorkerChain>(std::move(chain), waits, std::move(mailbox),
                                         state ? std::move(state) : make_intrusive<WorkerState>(waits))) {}

std::unique_ptr<hooks::HttpRun> WorkerPlugins::begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                                     hooks::RunOwner& owner) {
    check_here(*chain_->mailbox);
    const InScope scope = chain_->scopes.find(info.host, info.service, head.target.path);
    const bool is_nobodys = scope.outcome == ScopeOutcome::found && scope.instances == 0 && chain_->identity.empty();
    return is_nobodys ? nullptr : std::make_unique<HttpChainRun>(chain_, head, info, scope, owner);
}

}  // namespace ferrotunnel::plugin
