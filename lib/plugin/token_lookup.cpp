#include "plugin/token_lookup.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "plugin/host.hpp"
#include "plugin/settings_view.hpp"

namespace ferrotunnel::plugin {
namespace {

/// Null if there is no reply: older headers of plugins passed null for a second answer.
std::unique_ptr<hooks::TokenAnswer> take(ft_token_reply* reply) noexcept {
    const std::unique_ptr<ft_token_reply> owned(reply);
    return owned ? std::move(owned->answer) : nullptr;
}

void accept(ft_token_reply* reply, const ft_token_grant* theirs) {
    const auto answer = take(reply);
    if (answer == nullptr) {
        return;
    }
    const ft_token_grant grant = known_part(*theirs);
    try {
        hooks::FoundToken found;
        found.secret = view(grant.secret);
        found.name = view(grant.name);
        found.rights = view(grant.rights);
        found.cached_for = std::chrono::nanoseconds(grant.cached_ns);
        found.stale_for = std::chrono::nanoseconds(grant.stale_ns);
        answer->accept(std::move(found));
    } catch (const std::exception&) {  // no memory: without an answer it is a failure
    }
}

void refuse(ft_token_reply* reply) {
    if (const auto answer = take(reply)) {
        answer->refuse();
    }
}

void fail(ft_token_reply* reply, ft_text why) {
    const auto answer = take(reply);
    if (answer == nullptr) {
        return;
    }
    try {
        answer->fail(std::string(view(why)));
    } catch (const std::exception&) {
    }
}

void declare(ft_settings* settings) {
    settings->looks_up_tokens = true;
}

}  // namespace

const ft_tokens& token_table() noexcept {
    static const ft_tokens table{sizeof(ft_tokens), declare, accept, refuse, fail};
    return table;
}

const Instance* token_instance(const Chain& chain) noexcept {
    for (const auto& each : chain.instances) {
        if (each->looks_up_tokens()) {
            return each.get();
        }
    }
    return nullptr;
}

void look_up_token(const Chain& chain, const hooks::TokenStatement& statement,
                   std::unique_ptr<hooks::TokenAnswer> answer) {
    const Instance* const instance = token_instance(chain);
    if (instance == nullptr || instance->is_off()) {
        answer->fail(instance == nullptr ? "no plugin looks up tokens" : "the plugin is switched off");
        return;
    }
    std::vector<ft_field> metadata;
    for (const auto& [key, value] : statement.metadata) {
        metadata.push_back({text_of(key), text_of(value)});
    }
    ft_token_query query{};
    query.size = sizeof(query);
    query.token_id = text_of(statement.token_id);
    query.address = text_of(statement.address);
    query.port = statement.port;
    query.name = text_of(statement.name);
    query.agent = text_of(statement.agent);
    query.metadata = metadata.data();
    query.metadata_count = metadata.size();
    auto reply = std::make_unique<ft_token_reply>(ft_token_reply{std::move(answer)});
    instance->count(Count::asked);
    HookTimer watch;
    timed(watch, *instance, HookKind::token,
          [&] { instance->calls().on_token(instance->object(), &query, reply.release()); });
}

}  // namespace ferrotunnel::plugin
