#include "probe/worker.hpp"

#include <memory>

#include "base/guarded.hpp"

namespace mta_sts::probe {
namespace {

struct Job {
  uv_work_t request{};
  std::function<void()> work;
  std::function<void()> after;
};

Job* job_of(uv_work_t* request) {
  return static_cast<Job*>(request->data);
}

}  // namespace

void run_on_worker(uv_loop_t* loop, std::function<void()> work, std::function<void()> after) {
  auto job = std::make_unique<Job>();
  job->work = std::move(work);
  job->after = std::move(after);
  job->request.data = job.get();
  const int rc = uv_queue_work(
      loop, &job->request, [](uv_work_t* request) { guarded_void(job_of(request)->work); },
      [](uv_work_t* request, int) {
        const std::unique_ptr<Job> owned(job_of(request));
        guarded_void(owned->after);
      });
  if (rc == 0) {
    (void)job.release();  // libuv gives it back to the second callback
    return;
  }
  guarded_void(job->work);
  guarded_void(job->after);
}

}  // namespace mta_sts::probe
