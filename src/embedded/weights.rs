//! Weights in safetensors, checked before anything is built from them.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::ModelError;
use super::files::read_limited;

/// Larger files are no model of this room: everything is held in memory.
const LARGEST: u64 = 8 << 30;

/// The tensors of a model by name, as 32-bit floats.
pub(super) struct Weights {
    tensors: HashMap<String, Tensor>,
    file: String,
}

impl Weights {
    /// Reads `model.safetensors`; 16-bit weights become 32-bit ones.
    ///
    /// # Errors
    /// Fails when the file cannot be read or is no safetensors file.
    pub(super) fn read(path: &Path) -> Result<Self, ModelError> {
        let bytes = read_limited(path, LARGEST)?;
        let file = path.display().to_string();
        let wrong = |error: &dyn std::fmt::Display| {
            ModelError::new(format!(
                "{file} is no whole safetensors file: {error}; add the model again"
            ))
        };
        let read = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|error| wrong(&error))?;
        let mut tensors = HashMap::with_capacity(read.len());
        for (name, tensor) in read {
            // Positions and the like are whole numbers, which no layer here reads.
            if matches!(tensor.dtype(), DType::F32 | DType::F16 | DType::BF16 | DType::F64) {
                let tensor = tensor.to_dtype(DType::F32).map_err(|error| wrong(&error))?;
                tensors.insert(name, tensor);
            }
        }
        Ok(Self { tensors, file })
    }

    /// Whether a tensor is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The tensors, for a layer of candle's.
    pub(super) fn builder(self) -> candle_nn::VarBuilder<'static> {
        candle_nn::VarBuilder::from_tensors(self.tensors, DType::F32, &Device::Cpu)
    }

    /// A tensor of this shape.
    ///
    /// # Errors
    /// Fails when it is not there or has another shape.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(ModelError::new(format!(
                "{} has no tensor {name}, which its config.json promises",
                self.file
            )));
        };
        if tensor.dims() != shape {
            return Err(ModelError::new(format!(
                "{}: {name} has the shape {:?} where config.json promises {shape:?}",
                self.file,
                tensor.dims()
            )));
        }
        Ok(tensor.clone())
    }
}
