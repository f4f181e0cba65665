// What the outside may call. One implementation of Network per instruction set and type; dispatch.cpp picks one.
#pragma once

#include "dims.h"

namespace tg {

enum class LossKind { none, mse, mae, rmse, huber, pinball, binary, categorical, mixing };

inline constexpr int mixing_most = 64;  // paths, and quantiles, of a mixing loss

struct LossDesc {
  LossKind kind = LossKind::none;
  i64 outputs = 0;                  // width of an output row
  i64 targets = 0;                  // width of a target row; 1 for categorical
  const double* quantiles = nullptr;  // [n_quantiles], pinball and mixing only
  int n_quantiles = 0;
  i64 paths = 0;             // mixing
  bool chance = false;       // mixing: whether there is a chance of an event, too
  double event_share = 0.0;  // mixing: what an event counts beside a value; the head knows, of each batch
  double delta = 1.0;      // huber
  double smoothing = 0.0;  // binary, categorical
  const double* class_weight = nullptr;  // [n_class_weight] or null
  int n_class_weight = 0;
  bool sum = false;  // summed over steps and outputs, divided by sequences; else the weighted mean

  // Outputs that have a target in common; of mixing, that have the value, the event and the paths of one step ahead.
  i64 together() const {
    return kind == LossKind::pinball ? n_quantiles : kind == LossKind::mixing ? paths + n_quantiles + chance : 1;
  }
  i64 targets_of_a_step() const { return 2 + paths; }  // mixing
};

enum class OptimizerKind { sgd, adam, adamw };

struct OptimizerDesc {
  OptimizerKind kind = OptimizerKind::adam;
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.0, momentum = 0.0;
  i64 step = 1;  // counted from 1
};

enum class Readout { last, each, mean, max, mean_max };

struct NetworkDesc {
  int cell = 0;  // index into Core::cell_names
  i64 hidden = 0, layers = 1;
  bool bidirectional = false;
  double dropout = 0.0;                  // between layers
  double input_dropout = 0.0;            // of what the first layer is given
  double recurrent_dropout = 0.0;        // of weight_hh: one mask for a whole batch
  i64 columns = 0, segment = 1, dense = 0;  // numbers; dense = 0: no layer in front
  i64 vocabulary = 0, width = 0;         // tokens, where vocabulary > 0
  Readout readout = Readout::last;
  i64 read_last = 0;                     // each: only so many of a span's last steps are read out, span after span; 0: all
  double head_dropout = 0.0;             // of what the head is given
  i64 outputs = 0;  // 0: no head, the readout is the output
  bool tied = false;                     // the head's weight is the embedding; it has a bias of its own
  LossDesc loss;    // its arrays are copied

  int directions() const { return bidirectional ? 2 : 1; }
  i64 inputs() const { return vocabulary > 0 ? width : columns * segment; }      // of a step, as the user gives them
  i64 layer_inputs(i64 layer) const { return layer > 0 ? directions() * hidden : dense > 0 ? dense : inputs(); }
  i64 readout_width() const { return directions() * hidden * (readout == Readout::mean_max ? 2 : 1); }
  i64 output_width() const { return outputs > 0 ? outputs : readout_width(); }
};

// Bags of rows of the embedding: bag i is the sum of the rows [first[i], first[i + 1]), each times its weight.
template <class T>
struct Bags {
  const i64* first = nullptr;          // [bags + 1], or null: none
  const std::int32_t* row = nullptr;   // [..] rows of the embedding
  const T* weight = nullptr;           // [..]
};

// The sequences of one call: spans over one table.
template <class T>
struct Batch {
  i64 n = 0;
  const i64* start = nullptr;    // [n] first row of each span
  const i64* steps = nullptr;    // [n] its steps (rows / segment), each >= 1
  const i64* item = nullptr;     // [n] output row of its first step ("each"); pooled readouts use row i
  // [longest] where step t lies, in rows from the span's start and from its item: all steps of a batch side by side, say.
  // Null: one after the other. For numbers with a segment of 1 and readout each.
  const i64* offset = nullptr;
  const T* rows = nullptr;       // [.., columns] numbers, or null
  const std::int32_t* tokens = nullptr;  // [..] ids, or null
  Bags<T> bags;                          // of what the ids then count; none: rows of the embedding
  const T* shift = nullptr;      // [n, columns] with factor: the network sees (x - shift) * factor; or null
  const T* factor = nullptr;
  const T* h0 = nullptr;         // [layers * D, n, H] or null: zero
  const T* c0 = nullptr;

  i64 input_row(i64 sequence, i64 t, i64 segment) const { return start[sequence] + (offset != nullptr ? offset[t] : t * segment); }
  i64 output_row(i64 sequence, i64 t) const { return item[sequence] + (offset != nullptr ? offset[t] : t); }
};

// Targets and weights of a training step. Row target_row[i] of the target table belongs to span i, or, for "each", to the
// first of its steps that is read out, and those that follow to the next ones. By default that is row i, or, for "each", beside
// the rows: row start + (t + 1) * segment - 1 for step t.
template <class T>
struct Targets {
  const T* numbers = nullptr;            // [.., targets]; NaN: no target
  const std::int64_t* ids = nullptr;     // [..]; negative: no target
  const T* weights = nullptr;            // [..] or null: one
  const i64* target_row = nullptr;       // [n] or null
  // A categorical loss over some classes in place of all, its targets among them: what the head leaves out is neither
  // computed nor updated.
  const i64* classes = nullptr;          // [n_classes] different ones, or null: all
  const T* class_shift = nullptr;        // [n_classes], added to their outputs
  i64 n_classes = 0;
};

struct Noise {
  bool on = false;  // dropout
  std::uint64_t seed = 0, step = 0;
  i64 first = 0;    // what the first sequence of the batch counts as: a part of a batch has the masks of the whole
};

// Everything that a forward pass leaves for the backward one. Reused from call to call; owns its memory.
template <class T>
class Tape {
 public:
  virtual ~Tape() = default;
};

struct StepResult {
  double loss = 0.0;
  double norm = 0.0;  // of the gradient, before clipping
};

struct LossResult {
  double loss = 0.0;
  double weight = 0.0;  // what its sum was divided by: of targets, or the sequences
};

template <class T>
class Network {
 public:
  virtual ~Network() = default;
  virtual i64 parameter_count() const = 0;
  virtual bool has_cell_state() const = 0;      // a c beside h
  virtual i64 slot_bytes_per_row() const = 0;  // saved by a training step for each row of each layer and direction
  virtual Tape<T>* new_tape() const = 0;  // the caller deletes it, before the network

  // params [parameter_count()]. `changed` false promises the same values as in the last call with the same pointer.
  // keep: what backward() and record() need is saved.
  virtual void forward(const T* params, bool changed, const Batch<T>& batch, Noise noise, bool keep, Tape<T>& tape) = 0;
  // output [rows, output_width()]: only rows that belong to a step or span are written.
  // With read_last = N > 0 span i has the rows [i * N, (i + 1) * N), else those from its item on.
  virtual void output(const T* params, const Batch<T>& batch, Tape<T>& tape, T* output) = 0;
  virtual void final_state(const Batch<T>& batch, const Tape<T>& tape, T* h, T* c) const = 0;  // [layers * D, n, H]
  // One kept value of every step: slot in [0, slots): gates in torch's order, then c (if any) and h. out as output().
  virtual void record(const Batch<T>& batch, const Tape<T>& tape, i64 layer, int direction, int value, T* out) const = 0;

  // d_output as output(); dh, dc [layers * D, n, H] or null. gradient [parameter_count()] filled. d_input [rows of
  // output("each"), inputs()] and dh0, dc0 filled where not null. Uses the tape up, but for its trail(), if asked for.
  virtual void backward(const T* params, const Batch<T>& batch, Tape<T>& tape, const T* d_output, const T* dh,
                        const T* dc, T* gradient, T* d_input, T* dh0, T* dc0, bool trail = false) = 0;
  // The gradient of every step's h (state 0) or c (1), from a backward() with `trail`. out as for record().
  virtual void trail(const Batch<T>& batch, const Tape<T>& tape, i64 layer, int direction, int state, T* out) const = 0;

  virtual double loss(const T* params, const Batch<T>& batch, const Targets<T>& targets, Tape<T>& tape) = 0;
  // Forward, loss, backward, clip (to a global norm of `clip`, if positive), update of params, m and v. Nothing is
  // updated where loss or norm is not finite. touched embedding rows alone are updated. h, c [layers * D, n, H] get the
  // last states where not null; they may be the batch's h0, c0.
  virtual StepResult train_step(T* params, T* m, T* v, const Batch<T>& batch, const Targets<T>& targets, Noise noise,
                                const OptimizerDesc& optimizer, double clip, Tape<T>& tape, T* h = nullptr,
                                T* c = nullptr) = 0;
  // The second half alone: from a given d_output.
  virtual StepResult apply(T* params, T* m, T* v, const Batch<T>& batch, Tape<T>& tape, const T* d_output,
                           const OptimizerDesc& optimizer, double clip) = 0;

  // The two halves of train_step() apart, for a batch whose parts are computed in several places: the gradient of the loss
  // over this part, [parameter_count()], zero where nothing reaches it; and the update with the sum of all. Of a sparse
  // embedding the update changes the rows that it is told of, of a head the classes, if any, alone; it returns the norm.
  virtual LossResult loss_gradient(const T* params, const Batch<T>& batch, const Targets<T>& targets, Noise noise,
                                   Tape<T>& tape, T* gradient, T* h, T* c) = 0;
  virtual double update(T* params, T* m, T* v, const T* gradient, const i64* touched, i64 n_touched, const i64* classes,
                        i64 n_classes, const OptimizerDesc& optimizer, double clip) = 0;

  // One step of n sequences, one direction only: x [n, inputs()], h, c in and out [layers, n, H], y [n, H].
  virtual void step(const T* params, bool changed, i64 n, const T* x, const T* h0, const T* c0, T* y, T* h, T* c) = 0;
};

// The core for one instruction set.
struct Core {
  const char* isa;
  const char* const* cell_names;
  int cell_count;
  Network<float>* (*new_network_float)(const NetworkDesc&);  // the caller deletes it
  Network<double>* (*new_network_double)(const NetworkDesc&);
  double (*fma_flops)(i64 rounds);  // does that many float32 multiply-adds, for measuring the peak: floating operations done
};

// The core that TIDEGATE_ISA names, else the best that this processor runs; throws std::runtime_error with one line
// when the name is unknown or the processor lacks it. Chosen once.
const Core& core();
int core_count();               // cores compiled in, the slowest first
const char* core_name(int i);
bool core_runs_here(int i);

}  // namespace tg
