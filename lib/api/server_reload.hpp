// Changes of a running Server: other settings, tokens or plugins. Everything is checked first, and steps that can still
// fail then precede any that cannot be undone.
//
//    compare --ok--> make what replaces something --ok--> put in force       a failure leaves everything as it was
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "api/audit_writer.hpp"
#include "api/lifecycle.hpp"
#include "api/server_certificates.hpp"
#include "api/server_cluster.hpp"
#include "api/server_comparison.hpp"
#include "api/server_edge.hpp"
#include "api/server_plugins.hpp"
#include "api/shared_tokens.hpp"
#include "api/token_table.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::detail {

/// Has the settings that run. Thread-safe. Its mutex is the server's first: the start and one change at a time hold it,
/// and call everything else meanwhile.
class ServerReload {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
        const Lifecycle& lifecycle;
        const ServerSessions& sessions;
        ServerPlugins& plugins;
        AuditWriter& audit;
        AccessLogWriter& access_log;
        SpanSender& traces;
        PortSharers& sharers;
        ServerEdge& edge;
        ServerCluster& cluster;
        ServerCertificates& certificates;
        StateDirectory& state;
        ServerUpkeep& upkeep;
        const SharedRights& shared_rights;
    };
    ServerReload(ServerSettings&& settings, Needs needs);
    ServerReload(const ServerReload&) = delete;
    ServerReload& operator=(const ServerReload&) = delete;

    /// A change, one at a time. None starts in a callback, where it would deadlock, nor once the server stops.
    class SCOPED_CAPABILITY Change {
    public:
        /// `what` is part of the text of its exceptions.
        Change(ServerReload& reload, const char* what) ACQUIRE(reload.mutex_);
        ~Change() RELEASE() {}
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;

    private:
        const MutexLock lock_;
    };

    /// Opens the server with the settings; changes wait for it.
    std::error_code start(const std::function<std::error_code(const ServerSettings&)>& open);
    ApplyReport apply(ServerSettings&& next);
    /// What apply() would report.
    ApplyReport check(ServerSettings&& next);
    ApplyReport add_token(NamedToken token);
    ApplyReport remove_token(const std::string& name);
    void set_plugins(std::vector<PluginUse> plugins);
    void reopen_access_log();
    /// Waits for a change in progress. The tokens do not change any more.
    void wait();

    TokenTable& tokens() noexcept { return tokens_; }
    /// Those of all members of the cluster.
    SharedTokens& shared_tokens() noexcept { return shared_tokens_; }

private:
    /// The objects that a change needs and whose creation can fail: they are made before anything is changed.
    struct Made {
        std::shared_ptr<transport::TlsContext> tls;       // for clients; null: unchanged
        std::unique_ptr<HttpsCertificates> certificates;  // null: unchanged
        ServerCertificates::Fresh issuers{};              // members null: unchanged, or off
        ServerCluster::Keys cluster_keys;                 // null: unchanged
        std::optional<observe::AccessSink> audit_log{};   // empty: unchanged, or off
        std::optional<observe::AccessSink> access_log{};  // empty: unchanged, or off
        std::optional<observe::TraceTarget> traces{};     // empty: off if its keys changed, otherwise unchanged
    };

    void refuse_in_callbacks(const char* what) const;
    ApplyReport recorded(ApplyReport report) const;
    ApplyReport change(ServerSettings&& next) REQUIRES(mutex_);
    bool make(SettingsComparison& all, Made& made) const;
    void make_logs(SettingsComparison& all, Made& made) const;
    void commit(SettingsComparison&& all, Made made) REQUIRES(mutex_);
    void commit_tls(const SettingsComparison& all, Made& made) REQUIRES(mutex_);
    void commit_logs(const SettingsComparison& all, Made& made) REQUIRES(mutex_);

    const Needs needs_;
    TokenTable tokens_;
    SharedTokens shared_tokens_;
    Mutex mutex_;
    ServerSettings settings_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
