// Tokens that all members of a cluster have in common: the values `token/NAME`.
//
//   add, set rights, remove --> ClusterValues --> every member: read() --> TokenTable
//
//   token/NAME: {"secret": "ft1_...", "rights": {...}}, the rights as in the configuration file. As secret as a file of
//   tokens: links are encrypted, and etcd has it sealed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "admin/requests.hpp"
#include "api/sink_logger.hpp"
#include "api/token_table.hpp"
#include "base/random.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

class SharedTokens {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
        TokenTable& table;
        const SharedRights& shared_rights;
    };
    explicit SharedTokens(Needs needs) : needs_(std::move(needs)) {}
    SharedTokens(const SharedTokens&) = delete;
    SharedTokens& operator=(const SharedTokens&) = delete;

    /// When ServerShared::values is set, and before workers run. Values are heard on the first worker.
    void watch();
    /// Puts the present values in force. On the first worker.
    void read();

    // Changes, on the control thread. Each returns a refusal, and nothing has changed; or the key whose value has, and
    // what to answer when that is safe.
    struct Changed {
        std::string key{};
        admin::Json answer{};
    };
    using Outcome = Result<Changed, admin::Answer>;
    Outcome add(const admin::TokenAddRequest& request);
    Outcome set_rights(const admin::TokenRightsRequest& request);
    Outcome remove(const admin::TokenRemoveRequest& request);

private:
    std::optional<NamedToken> token_of(const std::string& key, const std::string& text) const;
    bool is_shared(const login::TokenId& secret) const;
    Outcome put(const NamedToken& token, const admin::Json& rights, admin::Json answer);

    const Needs needs_;
    bool is_read_posted_ = false;  // of the first worker
};

}  // namespace ferrotunnel::detail
