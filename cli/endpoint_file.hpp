// A file that lists the reachable endpoints for other programs: lines `control HOST:PORT`, `http HOST:PORT`, `https
// HOST:PORT` and `connect HOST:PORT` (if the server accepts such visitors), `metrics HOST:PORT`, `dashboard HOST:PORT`
// and `service NAME HOST:PORT`, or `service NAME URL` for an HTTP service.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace ferrotunnel::cli {

/// Why the file cannot be written, or must not be because it would replace another file. Empty if it can be written.
std::string endpoint_file_fault(const std::string& path);

/// The file always lists the endpoints that are reachable now. It is replaced as a whole, so a reader never sees half
/// of it, and is removed with this object. Without a path nothing happens.
class EndpointFile {
public:
    /// Removes the file of an earlier run.
    explicit EndpointFile(std::string path);
    ~EndpointFile();
    EndpointFile(const EndpointFile&) = delete;
    EndpointFile& operator=(const EndpointFile&) = delete;

    void set_control(const std::string& endpoint) { control_ = endpoint; }
    void set_http(const std::string& endpoint) { http_ = endpoint; }
    void set_https(const std::string& endpoint) { https_ = endpoint; }
    void set_connect(const std::string& endpoint) { connect_ = endpoint; }
    void set_metrics(const std::string& endpoint) { metrics_ = endpoint; }
    void set_dashboard(const std::string& endpoint) { dashboard_ = endpoint; }
    void add_service(const std::string& name, const std::string& endpoint) { services_.emplace(name, endpoint); }
    /// Removes the service, whatever its endpoint is.
    void remove_service(const std::string& name);
    void clear();

    /// Writes the file if anything has changed. Throws std::system_error if it cannot be written the first time. A
    /// later failure does not end a serving program: the file keeps its content until the next change, and the reason
    /// is returned, once for failures in a row. Otherwise returns an empty text.
    std::string publish();

private:
    std::string text() const;
    void replace(const std::string& text) const;

    std::string path_;
    std::optional<std::string> published_;  // the content of the file; empty before the first write
    bool failing_ = false;
    std::string control_;
    std::string http_;
    std::string https_;
    std::string connect_;
    std::string metrics_;
    std::string dashboard_;
    std::set<std::pair<std::string, std::string>> services_;  // name and endpoint
};

}  // namespace ferrotunnel::cli
